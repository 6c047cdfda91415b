"""The backend that sessions of version 0.3.2 name: whoever is logged in stays so. Remove it with the next release."""

from scans import accounts


class WithSettings(accounts.WithSettings):
    """Loads the account of a session that began before `accounts` had its name."""

    def authenticate(self, request, **credentials) -> None:
        """Nobody logs in through this one."""

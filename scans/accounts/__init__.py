"""The account of a request, and the rules of logging in.

Sessions name `WithSettings` by this package, so it stays here.
"""

from scans.accounts.backend import WithSettings

__all__ = ["WithSettings"]

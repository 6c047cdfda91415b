"""End the wait after too many failed logins."""

from scans.accounts import guessing
from scans.management.database import DatabaseCommand
from scans.models import Actor


class Command(DatabaseCommand):
    """Unlocks an account, and the addresses from which somebody failed to log in to it."""

    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("name", help="user name of the account")

    def handle(self, *, name, **options):
        """Unlock it; say whether it was locked. The exit code is 0 either way."""
        ended = guessing.unlock(name, by=Actor.COMMAND)
        self.stdout.write(f"{name} can log in again." if ended else f"Nothing keeps {name} from logging in.")

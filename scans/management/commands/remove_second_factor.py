"""manage.py remove_second_factor: take a lost second factor off an account."""

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from scans.accounts.two_factor import remove_factors
from scans.management.database import DatabaseCommand
from scans.models import Actor


class Command(DatabaseCommand):
    help = (
        "Take all second factors (authenticator app, passkeys, recovery codes) off an account whose owner lost them. "
        "The owner then logs in with the password alone, and sets up another factor. The security log has an entry."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("username", help="the name of the account")

    def handle(self, *, username: str, **options) -> None:
        """Remove them; raises CommandError if there is no such account."""
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username!r}.")
        count = remove_factors(user, by=Actor.COMMAND)
        self.stdout.write(f"{username} has no second factor now; {count} removed.")

"""What the commands that need the database have in common."""

from django.core.management.base import BaseCommand, CommandError
from django.db import Error


class DatabaseCommand(BaseCommand):
    """A command that says so, and ends by a code that means nothing else, when the database does not answer."""

    without_database = 3

    def execute(self, *args, **options):
        """Do what it is for; raises CommandError where the database fails."""
        try:
            return super().execute(*args, **options)
        except Error as error:
            raise CommandError(
                f"The database does not answer as it should; see DATABASE_URL, then try again. {error}",
                returncode=self.without_database,
            ) from error

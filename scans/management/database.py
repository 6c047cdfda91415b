"""The base of the commands that need the database."""

from django.core.management.base import CommandError
from django.db import Error

from scans.harmless import harmless
from scans.management.output import HarmlessCommand


class DatabaseCommand(HarmlessCommand):
    """A command that reports an unavailable database in one line, with an exit code of its own."""

    without_database = 3
    wrong_option: int | None = None  # the exit code for a wrong option; None: that of every Django command

    def create_parser(self, *args, **kwargs):
        """Return the parser. With `wrong_option`, a wrong option prints its usage and ends with that code."""
        parser = super().create_parser(*args, **kwargs)
        if self.wrong_option is not None:
            usage = parser.format_usage()
            parser.error = lambda message: parser.exit(self.wrong_option, f"{usage}{harmless(message)}\n")
        return parser

    def execute(self, *args, **options):
        """Run the command. Raises CommandError if the database fails."""
        try:
            return super().execute(*args, **options)
        except Error as error:
            raise CommandError(
                f"The database cannot be used: check DATABASE_URL, then try again. {error}",
                returncode=self.without_database,
            ) from error

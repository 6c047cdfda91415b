"""The base of the commands that need the database, and whether the database has every migration."""

import logging
from functools import cache

from django.core.management.base import CommandError
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from scans import installation
from scans.harmless import harmless
from scans.management.output import HarmlessCommand

logger = logging.getLogger(__name__)
WITHOUT_DATABASE = 3  # the exit code, unless a command has another
WRONG_SETTING = 3  # the exit code, as for every wrong setting


class DatabaseCommand(HarmlessCommand):
    """A command that reports an unavailable database in one line, with an exit code of its own."""

    without_database = WITHOUT_DATABASE
    wrong_option: int | None = None  # the exit code for a wrong option; None: that of every Django command

    def create_parser(self, *args, **kwargs):
        """Return the parser. With `wrong_option`, a wrong option prints its usage and ends with that code."""
        parser = super().create_parser(*args, **kwargs)
        if self.wrong_option is not None:
            usage = parser.format_usage()
            parser.error = lambda message: parser.exit(self.wrong_option, f"{usage}{harmless(message)}\n")
        return parser

    def execute(self, *args, **options):
        """Run the command. Raises CommandError if the database fails, with the reason if migrations are missing."""
        try:
            return super().execute(*args, **options)
        except Error as error:
            require_migrations(self.without_database)
            raise CommandError(
                f"The database cannot be used: check DATABASE_URL, then try again. {error}",
                returncode=self.without_database,
            ) from error


def require_migrations(returncode: int = WITHOUT_DATABASE) -> None:
    """Raise CommandError if the database lacks migrations. One that does not answer raises nothing here."""
    try:
        missing = unapplied_migrations()
    except Error:
        return
    if missing:
        raise CommandError(
            f"The database lacks {len(missing)} migrations: run `manage.py migrate`, then try again.",
            returncode=returncode,
        )


def require_own_keys_and_files() -> None:
    """Raise CommandError if keys or files of this host are not those of the database.

    A database or a storage that does not answer raises nothing here: processes start without them, and try again.
    """
    try:
        why = installation.problem()
    except Error:
        return
    except OSError as error:
        logger.warning("The files of scans were not looked at. %s", error)
        return
    if why:
        raise CommandError(why, returncode=WRONG_SETTING)


def unapplied_migrations() -> list[str]:
    """Names such as `scans.0001_initial`. Reads the files once per process, the database each time.

    Raises DatabaseError if the database does not answer.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in _migrations_on_disk() - applied.keys())


@cache
def _migrations_on_disk() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)

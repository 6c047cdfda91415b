"""manage.py adopt: make the keys or the files of this host those of the database."""

from django.core.management.base import CommandError

from scans import installation
from scans.management.database import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "Say that the keys, or the files, of this host are those of the database from now on: after they were changed, "
        "moved or lost on purpose. Web server, scheduler and workers start only on hosts that have them."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--keys", action="store_true", help="SECRET_KEY and SCANS_SECRET_KEYS")
        parser.add_argument("--files", action="store_true", help="the folder or the bucket of sessions and pictures")

    def handle(self, *, keys: bool, files: bool, **options) -> None:
        """Adopt either or both. Raises CommandError if neither is asked for, or the storage cannot be used."""
        if not (keys or files):
            raise CommandError("Say what this host has: --keys, --files, or both.")
        if files:
            try:
                installation.adopt_files()
            except OSError as error:
                raise CommandError(f"The files cannot be adopted: {error}") from None
            self.stdout.write("The files of this host are those of the database now.")
        if keys:
            installation.adopt_keys()
            self.stdout.write("The keys of this host are those of the database now.")

"""manage.py sample_data: a load of made-up analyses."""

from collections.abc import Callable
from time import monotonic

from django.core.management.base import CommandError
from django.utils import timezone

from scans.management.database import DatabaseCommand
from scans.sample_data import loading

MAX_ANALYSES = 10_000_000


class Command(DatabaseCommand):
    """Fill the database, chunk by chunk."""

    help = (
        "Add made-up analyses: finished ones of the last three years and some of every other status, with URL "
        "scans, activity logs and findings. Only for trying out and measuring, in a database of their own: "
        "unfinished ones never run, but hold places as real ones do, so that real scans would wait for capacity. "
        f"From {loading.MANY:,} on, all is written in one transaction, which nothing else can write beside. "
        "Nothing is ever sent to their targets, which are reserved example names. They belong to the user "
        f"{loading.OWNER}, who cannot log in. Exit code 1 when refused."
    )
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        """How many, which, and where it is dangerous."""
        parser.add_argument("--analyses", type=int, required=True, metavar="N", help=f"how many: 1 to {MAX_ANALYSES:,}")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same data (default: 1)")
        parser.add_argument("--force", action="store_true", help="even if the database holds other analyses")

    def handle(self, *, analyses: int, seed: int, force: bool, **options) -> None:
        """Refuse, or fill the database and say how it goes."""
        if not 1 <= analyses <= MAX_ANALYSES:
            raise CommandError(f"--analyses is {analyses:,}: choose a number from 1 to {MAX_ANALYSES:,}.")
        if not force and loading.others_analyses_exist():
            raise CommandError(
                "This database holds analyses that are not sample data, and nothing was added. Use a database of "
                "its own (DATABASE_URL), or --force if you really want both in one."
            )
        progress = Progress(analyses, self.stdout.write)
        loading.create(analyses, seed=seed, now=timezone.now(), progress=progress.tell, tell=progress.tell_of_index)
        self.stdout.write(f"Done after {progress.seconds:.0f} s.")


class Progress:
    """How it goes: how many are done, how fast, and when all will be; written line by line with `write`."""

    def __init__(self, analyses: int, write: Callable[[str], None]):
        self._analyses, self._write, self._began = analyses, write, monotonic()

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return monotonic() - self._began

    def tell(self, done: int) -> None:
        """Say that so many analyses are written."""
        rate = done / max(self.seconds, 0.001)
        left = (self._analyses - done) / rate
        self._write(
            f"{done:,} of {self._analyses:,} analyses, {self.seconds:.0f} s, {rate:,.0f} a second, {left:.0f} s left"
        )

    def tell_of_index(self, statement: str) -> None:
        """Say what is being made anew, which comes after all analyses and takes about half as long again."""
        self._write(f"{self.seconds:.0f} s: {statement[:100]}")

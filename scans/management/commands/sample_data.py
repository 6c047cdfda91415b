"""manage.py sample_data: add made-up analyses."""

from collections.abc import Callable
from time import monotonic

from django.core.management.base import CommandError
from django.utils import timezone

from scans.management.database import DatabaseCommand
from scans.sample_data import loading

MAX_ANALYSES = 10_000_000


class Command(DatabaseCommand):
    help = (
        "Add made-up analyses: finished ones of the last three years and some of every other status, with URL "
        "scans, activity logs and findings. Use it to try the dashboard out and to measure it, in a separate database: "
        "unfinished analyses never run. "
        f"From {loading.MANY:,} analyses on, one transaction writes everything, and nothing else can write meanwhile. "
        "Nothing is ever sent to the targets, which are reserved example names. The analyses belong to the user "
        f"{loading.OWNER}, who cannot log in. Exit code 1: refused."
    )
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--analyses", type=int, required=True, metavar="N", help=f"how many: 1 to {MAX_ANALYSES:,}")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same data (default: 1)")
        parser.add_argument("--force", action="store_true", help="add them even if the database holds other analyses")

    def handle(self, *, analyses: int, seed: int, force: bool, **options) -> None:
        """Refuse, or fill the database and report the progress."""
        if not 1 <= analyses <= MAX_ANALYSES:
            raise CommandError(f"--analyses is {analyses:,}: choose a number from 1 to {MAX_ANALYSES:,}.")
        if not force and loading.others_analyses_exist():
            raise CommandError(
                "Nothing was added, because this database holds other analyses. Use a separate database "
                "(DATABASE_URL), or --force if you want both in one."
            )
        progress = Progress(analyses, self.stdout.write)
        loading.create(analyses, seed=seed, now=timezone.now(), progress=progress.tell, tell=progress.tell_of_index)
        self.stdout.write(f"Done after {progress.seconds:.0f} s.")


class Progress:
    """The progress: the number done, the speed and the expected end. `write` gets it line by line."""

    def __init__(self, analyses: int, write: Callable[[str], None]):
        self._analyses, self._write, self._began = analyses, write, monotonic()

    @property
    def seconds(self) -> float:
        """The seconds since the start."""
        return monotonic() - self._began

    def tell(self, done: int) -> None:
        """Report that this many analyses are written."""
        rate = done / max(self.seconds, 0.001)
        left = (self._analyses - done) / rate
        self._write(
            f"{done:,} of {self._analyses:,} analyses, {self.seconds:.0f} s, {rate:,.0f} a second, {left:.0f} s left"
        )

    def tell_of_index(self, statement: str) -> None:
        """Report the index that is being rebuilt. This follows all analyses and takes about half as long again."""
        self._write(f"{self.seconds:.0f} s: {statement[:100]}")

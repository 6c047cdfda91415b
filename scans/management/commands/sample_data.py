"""manage.py sample_data: a load of made-up analyses."""

from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from scans.sample_data import loading

MOST = 10_000_000


class Command(BaseCommand):
    """Fill the database, chunk by chunk."""

    help = (
        "Add made-up analyses: finished ones of the last three years and some of every other status, with URL "
        "scans, activity logs and findings. Only for trying out and measuring, in a database of their own: "
        "unfinished ones never run, but hold places as real ones do, so that real scans would wait for capacity. "
        "Nothing is ever sent to their targets, which are reserved example names. They belong to the user "
        f"{loading.OWNER}, who cannot log in. Exit code 1 when refused."
    )
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        """How many, which, and where it is dangerous."""
        parser.add_argument("--analyses", type=int, required=True, metavar="N", help=f"how many: 1 to {MOST:,}")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same data (default: 1)")
        parser.add_argument("--force", action="store_true", help="even if the database holds other analyses")

    def handle(self, *, analyses: int, seed: int, force: bool, **options) -> None:
        """Refuse, or fill the database and say how it goes."""
        if not 1 <= analyses <= MOST:
            raise CommandError(f"--analyses is {analyses:,}: choose a number from 1 to {MOST:,}.")
        if not force and loading.others_analyses_exist():
            raise CommandError(
                "This database holds analyses that are not sample data, and nothing was added. Use a database of "
                "its own (DATABASE_URL), or --force if you really want both in one."
            )
        began = monotonic()

        def tell(done: int) -> None:
            self.stdout.write(f"{done:,} of {analyses:,} analyses, {monotonic() - began:.0f} s")

        loading.create(analyses, seed=seed, now=timezone.now(), progress=tell)

"""manage.py retain: carry the retention policy out now, instead of bit by bit."""

import json

from scans.maintenance import retention
from scans.management.database import DatabaseCommand


class Command(DatabaseCommand):
    """Say what is due by the policy, and let it expire."""

    help = (
        "Let everything expire that the retention policy (in the admin: scan settings) does not keep any more. The "
        "scheduler does the same in small parts; a worker of the queue checks removes the data. May run while "
        "everything runs."
    )

    def add_arguments(self, parser) -> None:
        """What to do, and whether a program reads it."""
        parser.add_argument("--dry-run", action="store_true", help="only say what is due")
        parser.add_argument("--json", action="store_true", help="print the numbers as a JSON object")

    def handle(self, *, dry_run: bool, json: bool, **options) -> None:
        """Do it, and print how many runs that concerned."""
        counts = retention.count_due() if dry_run else retention.carry_out_all()
        self.stdout.write(_as_json(counts) if json else _as_text(counts, dry_run))


def _as_json(counts: dict[str, int]) -> str:
    return json.dumps(counts, indent=2)


def _as_text(counts: dict[str, int], dry_run: bool) -> str:
    state = "due" if dry_run else "not kept any more"
    return "\n".join(f"{kind}: of {count} runs {state}" for kind, count in counts.items()) or (
        "Everything is kept: the retention policy is off (in the admin: scan settings)."
    )

"""manage.py recount: whether what is kept for fast pages agrees with the facts."""

import json

from django.core.management.base import CommandError

from scans.maintenance.recount import recount
from scans.management.database import DatabaseCommand


class Command(DatabaseCommand):
    """Count again, say what differs, and mend it."""

    help = (
        "Count again what is kept so that the list of analyses is fast (how many have each status, what they are "
        "sorted and found by), report every difference and mend it. May run while everything runs. Exit code 1 when "
        "there was a difference, 3 when the database does not answer."
    )

    def add_arguments(self, parser) -> None:
        """Whether a program reads it."""
        parser.add_argument("--json", action="store_true", help="print the differences as a JSON list")

    def handle(self, *, json: bool, **options) -> None:
        """Report and mend."""
        differences = list(recount())
        self.stdout.write(_as_json(differences) if json else _as_text(differences))
        if differences:
            raise CommandError(f"{len(differences)} kept values differed and were mended.", returncode=1)


def _as_json(differences: list[dict]) -> str:
    return json.dumps(differences, indent=2)


def _as_text(differences: list[dict]) -> str:
    lines = [f"{one['what']}: kept {one['kept']}, counted {one['counted']}" for one in differences]
    return "\n".join(lines) or "No difference: everything that is kept agrees with the facts."

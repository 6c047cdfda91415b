"""manage.py recount: check the stored counts and search texts against the facts, and repair them."""

import json

from django.core.management.base import CommandError

from scans.maintenance.recount import recount
from scans.management.database import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "Recalculate the values that are stored as sums or copies (findings of URL scans, counts per status, sort keys "
        "and search texts), report every difference and repair it. Safe to run at any time. Exit code 1: there was a "
        "difference; 3: the database does not answer."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="print the differences as a JSON list")

    def handle(self, **options) -> None:
        differences = list(recount())
        self.stdout.write(json.dumps(differences, indent=2) if options["json"] else _as_text(differences))
        if differences:
            raise CommandError(f"{len(differences)} stored values were wrong and have been repaired.", returncode=1)


def _as_text(differences: list[dict]) -> str:
    lines = [f"{one['what']}: kept {one['kept']}, counted {one['counted']}" for one in differences]
    return "\n".join(lines) or "No difference: all stored values are correct."

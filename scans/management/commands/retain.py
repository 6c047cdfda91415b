"""manage.py retain: apply the retention policy now instead of bit by bit."""

import json

from scans.maintenance import removal, retention
from scans.management.database import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "Remove all data that is older than the retention policy allows (in the admin: scan settings). The scheduler "
        "does the same in small parts. A worker of the queue checks deletes the data. Removals that were given up are "
        "tried again. Safe to run at any time."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only report what would be removed")
        parser.add_argument("--json", action="store_true", help="print the numbers as a JSON object")

    def handle(self, *, dry_run: bool, **options) -> None:
        counts = retention.count_due() if dry_run else retention.carry_out_all()
        failed = removal.count_failed() if dry_run else removal.retry_failed()
        if failed:
            counts = {**counts, "failed removals": failed}
        self.stdout.write(json.dumps(counts, indent=2) if options["json"] else _as_text(counts, dry_run))


def _as_text(counts: dict[str, int], dry_run: bool) -> str:
    state = "due" if dry_run else "due for removal"
    return "\n".join(f"{kind}: of {count} runs {state}" for kind, count in counts.items()) or (
        "Nothing to remove: the retention policy is off (in the admin: scan settings)."
    )

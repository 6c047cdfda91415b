"""manage.py verify_state: check everything that is always true of the stored rows."""

import json
from dataclasses import asdict

from django.core.management.base import CommandError

from scans.maintenance.invariants.checking import MOST, Result, check
from scans.management.database import DatabaseCommand


class Command(DatabaseCommand):
    help = (
        "Check every invariant of the database: statuses, counts, leases, slots, the activity log, tasks and files. "
        "Changes nothing, and can be run at any time while the product runs. Exit code 1: something is wrong, and each "
        "line says what and what to do; 3: the database does not answer."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--json", action="store_true", help="print what is wrong as a JSON list")

    def handle(self, **options) -> None:
        result = check()
        self.stdout.write(_as_json(result) if options["json"] else _as_text(result))
        if result.violations:
            more = "" if result.is_whole else f" The first {MOST} are shown; there are more."
            raise CommandError(f"{len(result.violations)} violations.{more}", returncode=1)


def _as_json(result: Result) -> str:
    return json.dumps([asdict(one) | {"message": str(one)} for one in result.found], indent=2)


def _as_text(result: Result) -> str:
    lines = [f"{'Warning: ' if one.is_warning else ''}{one}" for one in result.found]
    if not result.violations:
        lines.append(f"{result.analyses} analyses were checked: no violation.")
    return "\n".join(lines)

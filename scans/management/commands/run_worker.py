"""manage.py run_worker: work on queued scans, or on checks and verification."""

from argparse import ArgumentTypeError

from django.conf import settings

from scans.management.clock import tell_of_clock
from scans.management.database import require_migrations, require_own_keys_and_files
from scans.management.output import HarmlessCommand
from scans.targets.zones import MAX_ZONE_CHARACTERS, parse_zone
from scans.tasks import engine
from scans.workers.worker import ScanWorker


def zone(name: str) -> str:
    """The zone of an option."""
    try:
        return parse_zone(name)
    except ValueError as error:
        raise ArgumentTypeError(
            f"a zone has up to {MAX_ZONE_CHARACTERS} lower-case letters, digits and hyphens, such as office"
        ) from error


class Command(HarmlessCommand):
    """Start one worker process. Start one for each task that should run at a time."""

    help = "Run one worker. A scan occupies its worker for hours, so each queue needs its own workers."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--queue", choices=["scans", "checks"], default="scans")
        parser.add_argument(
            "--zone",
            action="append",
            dest="zones",
            type=zone,
            help="a zone that it serves, repeated for several; `default` is the default zone (default: SCANS_ZONES)",
        )

    def handle(self, *, queue: str, zones: list[str] | None, **options) -> None:
        require_migrations()
        require_own_keys_and_files()
        tell_of_clock(self.stderr)
        worker = ScanWorker(queue, list(dict.fromkeys(zones or settings.SCANS_ZONES)), engine().installed())
        worker.configure_signals()
        worker.run()

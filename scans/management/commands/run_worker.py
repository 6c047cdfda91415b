"""manage.py run_worker: work on queued scans, or on checks and verification."""

from scans.management.database import require_migrations, require_own_keys_and_files
from scans.management.output import HarmlessCommand
from scans.workers.worker import ScanWorker


class Command(HarmlessCommand):
    """Start one worker process. Start one for each task that should run at a time."""

    help = "Run one worker. A scan occupies its worker for hours, so each queue needs its own workers."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--queue", choices=["scans", "checks"], default="scans")

    def handle(self, *, queue: str, **options) -> None:
        require_migrations()
        require_own_keys_and_files()
        worker = ScanWorker(queue)
        worker.configure_signals()
        worker.run()

"""manage.py run_scheduler: start due analyses, fill free capacity, recover scans whose worker was lost."""

import os
import signal
import socket
import threading
from itertools import count

from django.conf import settings
from django.core.management import call_command
from django.db import close_old_connections, connection
from django.utils.crypto import get_random_string

from scans.management.clock import tell_of_clock
from scans.management.database import require_migrations, require_own_keys_and_files
from scans.management.output import HarmlessCommand
from scans.models import SystemPart
from scans.workers.scheduler import run_logging_errors, tick

# Finished tasks are not needed: the activity log records what happened.
DAYS_TO_KEEP_TASKS = 7
TICKS_BETWEEN_PRUNINGS = 1000
ROWS_TO_SAMPLE = 400  # of an index, so that a large one takes no longer


class Command(HarmlessCommand):
    """Tick until told to end. Two schedulers at a time do no harm."""

    help = "Run the scheduler."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--once", action="store_true", help="do everything that is due now, then exit")

    def handle(self, *, once: bool, **options) -> None:
        require_migrations()
        require_own_keys_and_files()
        tell_of_clock(self.stderr)
        name = f"{socket.gethostname()[:32]}-{os.getpid()}-{get_random_string(8)}"
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        for number in count():
            tick(name)
            if number % TICKS_BETWEEN_PRUNINGS == 0:
                run_logging_errors(prune_tasks)
                run_logging_errors(refresh_statistics)
            if once or over.wait(settings.SCANS_TICK_SECONDS):
                break
            close_old_connections()
        run_logging_errors(SystemPart.objects.filter(name=name).delete)


def prune_tasks() -> None:
    """Delete the tasks that finished long ago."""
    call_command("prune_db_task_results", queue_name="*", min_age_days=DAYS_TO_KEEP_TASKS, verbosity=0)


def refresh_statistics() -> None:
    """Let SQLite refresh its statistics if that is due. PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA analysis_limit = {ROWS_TO_SAMPLE}")
            cursor.execute("PRAGMA optimize")

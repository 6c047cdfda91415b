"""manage.py run_scheduler: start due analyses, fill free capacity, recover scans whose worker was lost."""

import os
import signal
import socket
import threading

from django.utils.crypto import get_random_string

from scans.database.sessions import bound_waiting
from scans.management.clock import tell_of_clock
from scans.management.database import DatabaseCommand, require_migrations, require_own_keys_and_files
from scans.models import SchedulerLead, SystemPart
from scans.workers.leading import Scheduler, tick


class Command(DatabaseCommand):
    """Lead or stand by until told to end. Any number of schedulers may run, on any hosts; one of them leads."""

    help = "Run the scheduler. Several may run: one leads, the others stand by."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="do everything that is due now, then exit; nothing if another one leads"
        )

    def handle(self, *, once: bool, **options) -> None:
        require_migrations()
        require_own_keys_and_files()
        tell_of_clock(self.stderr)
        name = f"{socket.gethostname()[:32]}-{os.getpid()}-{get_random_string(8)}"
        if once:
            if not tick(name):
                self.stdout.write(f"The scheduler {SchedulerLead.leader()} leads: nothing to do here.")
            SystemPart.objects.filter(name=name).delete()
            return
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        bound_waiting()
        Scheduler(name).run(over)

"""manage.py run_scheduler: start what is due, fill free places, recover what lost its worker."""

import os
import signal
import socket
import threading

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.crypto import get_random_string

from scans.models import SystemPart
from scans.scheduling import tick


class Command(BaseCommand):
    """Tick until told to end. Two schedulers at a time do no harm."""

    help = "Run the scheduler."
    requires_system_checks = []

    def add_arguments(self, parser) -> None:
        """How often."""
        parser.add_argument("--once", action="store_true", help="do all that is due now, once, and end")

    def handle(self, *, once: bool, **options) -> None:
        """Work until SIGTERM or SIGINT, or once."""
        name = f"{socket.gethostname()[:32]}-{os.getpid()}-{get_random_string(8)}"
        over = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: over.set())
        while not over.is_set():
            close_old_connections()
            tick(name)
            if once:
                break
            over.wait(settings.SCANS_TICK_SECONDS)
        SystemPart.objects.filter(name=name).delete()

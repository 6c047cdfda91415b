"""manage.py run_web: the web server."""

import signal
import sys
from ipaddress import IPv6Address

import waitress
from django.conf import settings
from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from dashboard.wsgi import application
from scans.management.clock import tell_of_clock
from scans.management.database import require_own_keys_and_files
from scans.management.output import HarmlessCommand

THREADS = 8
# Connections are cheap, since a thread answers only complete requests. These bounds are far above what browsers need.
CONNECTIONS = 1000
SECONDS_OF_SILENCE = 30
BYTES_OF_A_REQUEST = 32 * 1024 * 1024  # three scripts and a list of URLs


class Task(WSGITask):
    """Sends headers and nothing else in answer to HEAD; without a length, waitress would send the end of a body."""

    @property
    def has_body(self) -> bool:
        """Whether a body may follow. With a length, waitress needs to know that one could, or leaves the length out."""
        has_length = any(name.lower() == "content-length" for name, _ in self.response_headers)
        return super().has_body and (has_length or self.request.command != "HEAD")


class Command(HarmlessCommand):
    """Serve pages until told to end."""

    help = "Run the web server on PORT."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)")

    def handle(self, *, bind: str, **options) -> None:
        """SIGTERM lets answers that are being made be sent first, for five seconds."""
        require_own_keys_and_files()
        tell_of_clock(self.stderr)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        HTTPChannel.task_class = Task
        waitress.serve(
            application,
            listen=f"{in_address(bind)}:{settings.PORT}",
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=SECONDS_OF_SILENCE,
            max_request_body_size=BYTES_OF_A_REQUEST,
            clear_untrusted_proxy_headers=False,  # settings say which of them count: SCANS_HTTPS, SCANS_TRUSTED_PROXIES
            ident="",
            _quiet=True,
        )


def in_address(host: str) -> str:
    """The host as it stands in front of a port."""
    try:
        return f"[{IPv6Address(host.strip('[]'))}]"
    except ValueError:
        return host

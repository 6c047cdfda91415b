"""Run the deliberately weak demo site, so that there is something safe to scan."""

import signal

from django.conf import settings
from django.core.management.base import CommandError

from scans.management.output import HarmlessCommand
from scans.sample_data.demo_site import DemoSite


class Command(HarmlessCommand):
    """Serves `scans.sample_data.demo_site` on the loopback address until Ctrl-C or SIGTERM."""

    help = __doc__
    requires_system_checks = []

    def add_arguments(self, parser):
        """Add the port. The address cannot be chosen."""
        parser.add_argument("--port", type=int, default=settings.SCANS_DEMO_PORT, help="default: %(default)s")

    def handle(self, *, port, **options):
        """Serve until interrupted, then exit silently."""
        try:
            site = DemoSite(port)
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"The demo site cannot use port {port}: {getattr(error, 'strerror', None) or error}. "
                "Stop the program that uses it, or choose another port with --port or SCANS_DEMO_PORT."
            ) from None
        self.stdout.write(f"Demo site: {site.url} — deliberately weak, on loopback only. Never expose it.")
        for number in (signal.SIGTERM, signal.SIGINT):  # a script that starts it in the background ignores SIGINT
            signal.signal(number, signal.default_int_handler)
        with site:
            try:
                site.serve_forever(poll_interval=60)
            except KeyboardInterrupt:
                pass

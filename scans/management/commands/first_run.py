"""Make the dashboard ready to start: free ports, database, static files, first administrator."""

import errno
import os
import secrets
import socket

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

ADMINISTRATOR = "admin"
LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    """What `make run` does before it starts the processes. Running it again changes nothing."""

    help = __doc__

    def add_arguments(self, parser):
        """Take the address that the web process is going to listen on."""
        parser.add_argument("--bind", default=LOOPBACK, help="address the dashboard listens on")

    def handle(self, *, bind, **options):
        """Stop with one clear line before anything is changed, or end by saying where to look."""
        bind = bind.strip(" []") or LOOPBACK
        self._check_ports({"PORT": (bind, settings.PORT), "SCANS_DEMO_PORT": (LOOPBACK, settings.SCANS_DEMO_PORT)})
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            raise CommandError(f"The database cannot be used; see DATABASE_URL. {error}") from None
        call_command("collectstatic", verbosity=0, interactive=False)
        self._make_first_administrator()
        host = LOOPBACK if bind in ("0.0.0.0", "::") else bind  # noqa: S104 - a comparison
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Open http://{shown}:{settings.PORT}/ in a browser. Ctrl-C here ends everything.")
        demo = f"http://{LOOPBACK}:{settings.SCANS_DEMO_PORT}/"
        self.stdout.write(f"To try a scan: {demo} is a deliberately weak demo site.")

    def _check_ports(self, wanted: dict[str, tuple[str, int]]) -> None:
        """Listen on each for a moment, all together, so that two equal ones are noticed too."""
        listening = []
        try:
            for setting, (host, port) in wanted.items():
                listening.append(self._listen(setting, host, port))
        finally:
            for listener in listening:
                listener.close()

    def _listen(self, setting: str, host: str, port: int) -> socket.socket:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, port), family=family)
        except (OSError, UnicodeError) as error:
            reason = str(getattr(error, "strerror", None) or error).partition(" (")[0]
            if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES):
                raise CommandError(
                    f"Port {port} of {host} cannot be used: {reason}. "
                    f"End what uses it, or choose another one: {setting}=… make run"
                ) from None
            raise CommandError(
                f"SCANS_BIND holds {host!r}, but must be an address or a name of this machine without a port, such as "
                f"{LOOPBACK}, 0.0.0.0 or ::1 ({reason}).",
                returncode=3,  # as every wrong setting
            ) from None

    def _make_first_administrator(self) -> None:
        """Create `admin` when there is no superuser yet; its password is shown now and never again."""
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        if users.filter(username=ADMINISTRATOR).exists():
            self.stderr.write("There is no administrator yet. Create one: manage.py createsuperuser")
            return
        # The same variable that Django's own `createsuperuser --noinput` reads.
        chosen = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        password = chosen or secrets.token_urlsafe(12)
        users.create_superuser(ADMINISTRATOR, password=password)
        if not chosen:
            self._show(password)

    def _show(self, password: str) -> None:
        lines = [
            "The first administrator was created.",
            f"    user name  {ADMINISTRATOR}",
            f"    password   {password}",
            "This password is shown only once. Log in, then change it at",
            "/admin/password_change/ (forgotten: manage.py changepassword admin).",
        ]
        width = max(map(len, lines))
        frame = f"+{'-' * (width + 2)}+"
        self.stdout.write("\n".join(["", frame, *(f"| {line:{width}} |" for line in lines), frame, ""]))

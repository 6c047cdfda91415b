"""Prepare the dashboard for its first start: free ports, database, static files, first administrator."""

import errno
import os
import re
import secrets
import socket

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from dashboard.environment import text
from scans.accounts.passwords import require_change
from scans.activity import note
from scans.management.database import require_own_keys_and_files
from scans.management.output import HarmlessCommand
from scans.models import Actor

ADMINISTRATOR = "admin"
LOOPBACK = "127.0.0.1"


class Command(HarmlessCommand):
    """The preparation that `make run` does before it starts the processes. Running it again changes nothing."""

    help = __doc__
    requires_system_checks = []  # run below: each of their messages is one line here

    def add_arguments(self, parser):
        parser.add_argument("--bind", default=LOOPBACK, help="address that the dashboard listens on")

    def handle(self, *, bind, **options):
        """Prepare everything, or stop with one clear line before anything is changed. Prints the address at the end."""
        self._check_installation()
        bind = bind.strip(" []") or LOOPBACK
        self._check_ports({"PORT": (bind, settings.PORT), "SCANS_DEMO_PORT": (LOOPBACK, settings.SCANS_DEMO_PORT)})
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except OperationalError as error:
            raise CommandError(f"The database cannot be used; see DATABASE_URL. {error}") from None
        require_own_keys_and_files()
        call_command("collectstatic", verbosity=0, interactive=False)
        self._make_first_administrator()
        host = LOOPBACK if bind in ("0.0.0.0", "::") else bind  # noqa: S104 - a comparison
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Open http://{shown}:{settings.PORT}/ in a browser. Press Ctrl-C here to stop everything.")
        demo = f"http://{LOOPBACK}:{settings.SCANS_DEMO_PORT}/"
        self.stdout.write(f"To try a scan, use {demo} (a deliberately weak demo site).")

    def _check_installation(self) -> None:
        """Say in one line each what `manage.py check` finds; raises SystemCheckError for an error."""
        found = run_checks()
        if any(message.is_serious() for message in found):
            self.check()
        for message in found:
            self.stderr.write(f"{message.msg} {message.hint}")

    def _check_ports(self, wanted: dict[str, tuple[str, int]]) -> None:
        """Listen on all ports at once for a moment, so that two equal ones are noticed too."""
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
                    f"Stop the program that uses it, or choose another port: {setting}=… make run"
                ) from None
            raise CommandError(
                f"SCANS_BIND holds {host!r}, but must be an address or a name of this machine without a port, such as "
                f"{LOOPBACK}, 0.0.0.0 or ::1 ({reason}).",
                returncode=3,  # as for every wrong setting
            ) from None

    def _make_first_administrator(self) -> None:
        """Create the first superuser if there is none. Its password is printed now and never again."""
        users, name = get_user_model().objects, text("DJANGO_SUPERUSER_USERNAME", ADMINISTRATOR)
        if users.filter(is_superuser=True).exists():
            return
        if not re.fullmatch(r"[\w.@+-]{1,150}", name):
            raise CommandError(
                "DJANGO_SUPERUSER_USERNAME must be 1 to 150 letters, digits and @/./+/-/_.", returncode=3
            )
        if users.filter(username=name).exists():
            self.stderr.write("There is no administrator yet. Create one: manage.py createsuperuser")
            return
        # Django's own `createsuperuser --noinput` reads the same variables.
        chosen = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        password = chosen or secrets.token_urlsafe(16)
        administrator = users.create_superuser(name, password=password)
        note("account.created", by=Actor.COMMAND, subject=administrator)
        if not chosen:
            require_change(administrator)
            self._show(name, password)

    def _show(self, name: str, password: str) -> None:
        lines = [
            "The first administrator was created.",
            f"    user name  {name}",
            f"    password   {password}",
            "This password is shown only once. After the first login you choose your own",
            f"(forgotten: manage.py changepassword {name}).",
        ]
        width = max(map(len, lines))
        frame = f"+{'-' * (width + 2)}+"
        self.stdout.write("\n".join(["", frame, *(f"| {line:{width}} |" for line in lines), frame, ""]))

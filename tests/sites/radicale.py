"""Radicale, a calendar server from PyPI, with one user behind HTTP Basic."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sites.serving import free_port, serving

USER = "librarian"
PASSWORD = "owls-fly-by-night"


@contextmanager
def radicale() -> Iterator[str]:
    """Yield the base URL; what belongs to the user is below /librarian/."""
    with TemporaryDirectory() as folder:
        users = Path(folder) / "users"
        users.write_text(f"{USER}:{PASSWORD}\n")
        port = free_port()
        options = {
            "server-hosts": f"127.0.0.1:{port}",
            "auth-type": "htpasswd",
            "auth-htpasswd-filename": str(users),
            "auth-htpasswd-encryption": "plain",
            "auth-delay": "0",
            "storage-filesystem-folder": f"{folder}/calendars",
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "radicale", "--config", "", *settings]
        with serving(command, f"http://127.0.0.1:{port}/", cwd=Path(folder)) as url:
            yield url

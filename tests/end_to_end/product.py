"""The whole product as `make run` starts it, on a database and ports of its own: nothing in it is a stand-in."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen
from uuid import uuid4

import psycopg
from django.conf import settings

from tests.eventually import eventually
from tests.sites.serving import free_port

ROOT = Path(settings.BASE_DIR)
PASSWORD = "a-password-for-this-test"
SECONDS_TO_GET_READY = 60
SECONDS_TO_END = 20


@dataclass
class Product:
    """A running product: where it is, and its command line."""

    url: str
    demo_url: str
    environment: dict[str, str]
    process: subprocess.Popen | None = None
    _kept: subprocess.Popen | None = None

    def manage(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess:
        """Run a manage.py command against it and return what it said; never raises for its exit code."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def ask(self, *arguments: str) -> subprocess.CompletedProcess:
        """The same as `manage`, soon: in a process that is kept, begun anew where it was killed."""
        if self._kept is None or not (answer := self._answer(arguments)):
            self._end_kept()
            self._kept = subprocess.Popen(
                [sys.executable, "-m", "tests.end_to_end.commands"],
                cwd=ROOT,
                env={**self.environment, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            answer = self._answer(arguments)
        return subprocess.CompletedProcess(arguments, *json.loads(answer))

    def _answer(self, arguments: tuple[str, ...]) -> str:
        """What the kept process says; nothing if it is not there any more."""
        try:
            self._kept.stdin.write(json.dumps(arguments) + "\n")
            self._kept.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._kept.stdout.readline()

    def _end_kept(self) -> None:
        if self._kept:
            self._kept.kill()
            with suppress(BrokenPipeError), self._kept:
                self._kept = None

    def show(self, pk: int) -> dict:
        """Everything known about one analysis."""
        answer = self.ask("show", str(pk), "--json")
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def processes(self) -> list[int]:
        """Every process that runs with this product's files as its home, the engine's too."""
        mark = self.environment["SCANS_VAR_DIR"].encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found


@contextmanager
def running_product():
    """Start the product and wait until it is ready; end it and check that nothing is left."""
    with tempfile.TemporaryDirectory(prefix="product-") as var_dir, own_database(var_dir) as database_url:
        port, demo_port = free_port(), free_port()
        environment = {
            **os.environ,
            "SCANS_VAR_DIR": var_dir,
            "DATABASE_URL": database_url,
            "PORT": str(port),
            "DASHBOARD_PORT": str(port),
            "SCANS_DEMO_PORT": str(demo_port),
            "SCANS_BIND": "127.0.0.1",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "PYTHONUNBUFFERED": "1",
            "STARTED_BY": str(os.getpid()),
            "SCANS_LOG_LEVEL": "INFO",
            # Sites that a test ends do not come back: no verification waits for them before the next checks.
            "SCANS_VERIFY_PATIENCE_SECONDS": "3",
        }
        subprocess.run([sys.executable, "manage.py", "first_run"], cwd=ROOT, env=environment, check=True)
        product = Product(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{demo_port}/", environment)
        with running_again(product):
            yield product


@contextmanager
def running_again(product: Product):
    """Start all its processes, on what is there of it already; end them and check that nothing is left."""
    with open(Path(product.environment["SCANS_VAR_DIR"]) / "output.log", "a+") as output:
        product.process = subprocess.Popen(
            [Path(sys.executable).parent / "honcho", "start", "--env", "/dev/null", "--concurrency", "scans=2"],
            cwd=ROOT,
            env=product.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(product, output)
            yield
        finally:
            _end(product)


def _wait_until_ready(product: Product, output) -> None:
    def is_ready() -> bool:
        with suppress(URLError, OSError), urlopen(f"{product.url}/readyz", timeout=2):  # noqa: S310
            with urlopen(product.demo_url, timeout=2):  # noqa: S310
                return True
        return False

    try:
        eventually(is_ready, SECONDS_TO_GET_READY, every=0.2)
    except AssertionError:
        output.seek(0)
        raise RuntimeError(f"The product did not get ready:\n{output.read()}") from None


def _end(product: Product) -> None:
    """What Ctrl-C does; then nothing of it may be left."""
    product._end_kept()
    with suppress(ProcessLookupError):
        os.killpg(product.process.pid, signal.SIGINT)
    product.process.wait(SECONDS_TO_END)
    try:
        eventually(lambda: not product.processes(), SECONDS_TO_END)
    finally:
        for pid in product.processes():
            os.kill(pid, signal.SIGKILL)


@contextmanager
def own_database(var_dir: str):
    """A fresh database of the kind that the suite runs on, as a DATABASE_URL."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        yield f"sqlite:///{var_dir}/dashboard.sqlite3"
        return
    name = f"product_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

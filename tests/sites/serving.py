"""Start a program that serves a web site, wait until it answers, and end its whole process group."""

import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import httpx

START_SECONDS = 120
END_SECONDS = 5
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # to read those of the machine takes 50 ms, each time


class SiteDidNotStart(Exception):
    """Says what was started and what it printed."""


def free_port() -> int:
    """Return a port of the loopback address that nobody listened on a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving(command: Sequence[str], url: str, *, cwd: Path, env: dict[str, str] | None = None) -> Iterator[str]:
    """Run `command` until the block ends; yields `url` once it answers with anything but a server error."""
    with TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=os.environ | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            if not _answers(url, process):
                output.seek(0)
                raise SiteDidNotStart(f"{' '.join(command)} gives no answer:\n{output.read()[-4000:]}")
            yield url
        finally:
            _end(process)


def _answers(url: str, process: subprocess.Popen) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False, timeout=5, verify=NO_AUTHORITIES).status_code < 500:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    return False


def _end(process: subprocess.Popen) -> None:
    """End the group, workers included: asked first, then killed."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(END_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue

"""manage.py demo_site: where it listens, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process
LISTENING = "0A"


def test_command_listens_on_loopback_alone_and_ends_quietly_on_ctrl_c():
    port = _free_port()
    with _command(port) as process:
        assert f"http://127.0.0.1:{port}/" in process.stdout.readline()
        assert "never expose" in httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).text
        assert _listening_addresses(port) == {"127.0.0.1"}
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (0, "", "")


def test_command_says_what_to_do_when_the_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken, _command(taken.getsockname()[1]) as process:
        errors = process.communicate(timeout=20)[1]
    assert process.returncode == 1
    assert "choose another port" in errors
    assert "Traceback" not in errors


@contextmanager
def _command(port: int) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [sys.executable, "-u", "manage.py", "demo_site", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _listening_addresses(port: int) -> set[str]:
    """Return the addresses that anything listens on at `port`, from the kernel's own table."""
    if not os.path.exists("/proc/net/tcp"):
        pytest.skip("needs Linux' /proc")
    addresses = set()
    for table, family in (("/proc/net/tcp", socket.AF_INET), ("/proc/net/tcp6", socket.AF_INET6)):
        if not os.path.exists(table):
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            host, hex_port = local.split(":")
            if state == LISTENING and int(hex_port, 16) == port:
                words = [bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8)]
                addresses.add(socket.inet_ntop(family, b"".join(words)))
    return addresses

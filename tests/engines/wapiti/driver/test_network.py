"""The walls around an engine process, tried from inside one (they cannot be taken down again)."""

from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import scans.engines.wapiti
from scans.engines.events import Outcome

pytestmark = pytest.mark.process

DRIVER_FOLDER = Path(scans.engines.wapiti.__file__).parent / "driver"

WALLS = """
import asyncio, os, socket, subprocess, sys
sys.path.insert(0, {folder!r})
from network import Pins
Pins.of({{"url": {url!r}, "resolve": {resolve!r}}}).install()
"""


def inside(code: str, url="http://target.example:{port}/", resolve=None) -> str:
    """What a process with walls around it prints, or the name of the exception that ends it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        resolve = resolve or {"target.example": ["127.0.0.1"]}
        walls = WALLS.format(folder=str(DRIVER_FOLDER), url=url.format(port=port), resolve=resolve)
        code = walls + code.replace("PORT", str(port))
        done = subprocess.run(
            [sys.executable, "-B", "-c", code], capture_output=True, text=True, timeout=20, check=False
        )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1].partition(":")[0]


@pytest.mark.parametrize(
    "code",
    [
        "print(socket.create_connection(('target.example', PORT)).getpeername()[0])",
        "print(socket.create_connection(('TARGET.example.', PORT)).getpeername()[0])",
        "print(socket.create_connection(('127.0.0.1', PORT)).getpeername()[0])",
        "print(socket.gethostbyname('127.0.0.1'))",
    ],
)
def test_the_target_is_reached(code):
    assert inside(code) == "127.0.0.1"


def test_the_target_is_reached_by_asyncio():
    code = """
async def main():
    _, writer = await asyncio.open_connection('target.example', PORT)
    print(writer.get_extra_info('peername')[0])
asyncio.run(main())
"""
    assert inside(code) == "127.0.0.1"


def test_a_host_named_in_unicode_is_found_by_its_ascii_name():
    found = inside(
        "print(socket.getaddrinfo('xn--bcher-kva.example', 80)[0][4][0])",
        url="http://bücher.example/",
        resolve={"bücher.example": ["192.0.2.7"]},
    )
    assert found == "192.0.2.7"


@pytest.mark.parametrize(
    "code",
    [
        "socket.getaddrinfo('other.example', 80)",
        "socket.getaddrinfo('localhost', 80)",
        "socket.getaddrinfo('192.0.2.1', 80)",
        "socket.getaddrinfo('', 80)",
    ],
)
def test_no_other_name_resolves(code):
    assert inside(code) == "socket.gaierror"


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('127.0.0.1', PORT + 1))",
        "socket.socket().connect(('192.0.2.1', PORT))",
        "socket.socket().connect_ex(('127.0.0.2', PORT))",
        "socket.socket(socket.AF_INET6).connect(('::1', PORT))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.53', 53))",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b'?'], [], 0, ('192.0.2.53', 53))",
        "socket.gethostbyname('other.example')",
        "socket.gethostbyname_ex('other.example')",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "import importlib; importlib.reload(socket); socket.getaddrinfo('other.example', 80)",
    ],
)
def test_nothing_else_is_reached_or_started(code):
    assert inside(code) == "PermissionError"


@pytest.mark.engine
def test_names_resolve_only_to_the_addresses_in_the_job(wapiti, weak_site, start, job, tmp_path):
    site = weak_site()
    url = site.url.replace("127.0.0.1", "weak.example")
    pinned = replace(job(url, modules=("csp",)), resolve={"weak.example": ("127.0.0.1",)})
    pinned_run = start(wapiti, pinned)
    unknown = job(site.url.replace("127.0.0.1", "localhost"), directory=tmp_path / "unknown")
    unknown_run = start(wapiti, unknown)
    assert pinned_run.to_the_end().outcome == Outcome.COMPLETED
    asked = len(site.asked)
    assert asked > 5
    assert unknown_run.to_the_end().outcome == Outcome.UNREACHABLE
    assert len(site.asked) == asked

"""The web server: slow clients keep nobody waiting, and SIGTERM ends it."""

import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.conf import settings
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from scans.management.commands.run_web import THREADS, Task, in_address
from tests.eventually import eventually

UNFINISHED = {
    "nothing": b"",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-",
    "half a body": b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\nabc",
}


@pytest.fixture(scope="module")
def server():
    """The port of a running web server, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [sys.executable, "manage.py", "run_web"]
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env={**os.environ, "PORT": str(port)}) as process:
        eventually(lambda: answer(port))
        yield port, process
        process.kill()


def answer(port):
    """The status of the answer to a whole request; None without an answer."""
    try:
        return urlopen(f"http://127.0.0.1:{port}/healthz", timeout=20).status
    except HTTPError as error:
        return error.code
    except OSError:
        return None


@pytest.mark.process
@pytest.mark.parametrize("sent", UNFINISHED.values(), ids=UNFINISHED)
def test_many_unfinished_requests_keep_nobody_waiting(server, sent):
    port, _ = server
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(5 * THREADS)]
    for client in clients:
        client.sendall(sent)
    assert answer(port) in (200, 503)  # 503: the database of the suite's environment has no tables
    for client in clients:
        client.close()


@pytest.mark.process
def test_the_answer_to_head_has_no_body(server):
    port, _ = server
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        for method in ("HEAD", "GET"):
            client.sendall(f"{method} /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            said = b""
            while b"\r\n\r\n" not in said:
                said += client.recv(4096)
            assert said.startswith(b"HTTP/1.1 ") and said.count(b"HTTP/1.1 ") == 1
            if method == "HEAD":
                assert said.endswith(b"\r\n\r\n")


def test_the_answer_to_head_without_a_length_ends_with_its_headers():
    request, sent = HTTPRequestParser(Adjustments()), []
    request.received(b"HEAD /export HTTP/1.1\r\nHost: localhost\r\n\r\n")
    channel = SimpleNamespace(write_soon=sent.append, server=SimpleNamespace(adj=Adjustments(ident="")))
    task = Task(channel, request)
    task.complete = True
    task.finish()
    (said,) = sent
    assert said.endswith(b"\r\n\r\n") and b"Transfer-Encoding" not in said and b"Connection: close" in said


@pytest.mark.process
def test_sigterm_ends_it_without_an_error(server):
    _, process = server
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("localhost", "localhost")]
)
def test_an_address_of_ipv6_stands_in_brackets(host, address):
    assert in_address(host) == address


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", False),  # the length is ignored
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", True),
        (b"Transfer-Encoding: xchunked\r\n", True),
        (b"Content-Length: +5\r\n", True),
    ],
)
def test_no_request_hides_in_the_body_of_another(head, error):
    parser = HTTPRequestParser(Adjustments())
    parser.received(b"POST /healthz HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n")
    if not parser.completed:
        parser.received(b"5\r\nabcde\r\n0\r\n\r\n")
    assert parser.completed and bool(parser.error) is error
    assert error or parser.get_body_stream().read() == b"abcde"

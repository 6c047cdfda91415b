"""The demo site is as weak as it says, and reachable from this machine alone."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from scans.sample_data.demo_site import MAX_GUESTBOOK_ENTRIES, WARNING, DemoSite

ROOT = Path(__file__).parents[2]
LISTENING = "0A"


@pytest.fixture
def site():
    with DemoSite(port=0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            yield client
        server.shutdown()


def test_every_linked_page_answers_and_carries_the_warning(site):
    seen, waiting = set(), ["/"]
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page = site.get(address, follow_redirects=True)
        assert page.status_code == 200
        assert WARNING in page.text
        waiting += [link for link in re.findall(r'href="([^"]+)"', page.text) if link not in seen]
    assert len(seen) >= 8


def test_search_reflects_its_input(site):
    assert "<script>alert(1)</script>" in site.get("/search", params={"q": "<script>alert(1)</script>"}).text


def test_product_shows_the_sql_error_of_a_quote(site):
    page = site.get("/product", params={"id": "1'"})
    assert page.status_code == 500
    assert "sqlite3.OperationalError" in page.text


def test_product_answers_what_was_injected(site):
    page = site.get("/product", params={"id": "9' UNION SELECT sqlite_version(), 'injected' -- "})
    assert "injected" in page.text


def test_endless_sql_is_cut_off(site):
    numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c"
    endless = f"' UNION SELECT max(n), 1 FROM ({numbers}) -- "  # noqa: S608 - the point of the test
    assert "interrupted" in site.get("/product", params={"id": endless}, timeout=10).text


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd"])
def test_leaflet_climbs_out_of_its_folder_into_a_made_up_disk(site, name):
    page = site.get("/leaflet", params={"file": name})
    assert "root:x:0:0" in page.text
    assert "made-up file of the demo site" in page.text


def test_leaflet_reads_no_real_file(site):
    assert site.get("/leaflet", params={"file": __file__}).status_code == 404


def test_go_redirects_anywhere_but_splits_no_header(site):
    assert site.get("/go", params={"to": "https://example.org/"}).headers["Location"] == "https://example.org/"
    assert "X-Split" not in site.get("/go", params={"to": "/\r\nX-Split: yes"}).headers


def test_cookie_and_headers_lack_protection(site):
    answer = site.get("/")
    assert "httponly" not in answer.headers["Set-Cookie"].lower()
    assert "secure" not in answer.headers["Set-Cookie"].lower()
    for name in ("Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"):
        assert name not in answer.headers


def test_guestbook_keeps_scripts_for_the_next_visitor(site):
    answer = site.post("/guestbook", data={"name": "Eve", "message": "<script>alert(2)</script>"})
    assert answer.status_code == 303
    assert "<script>alert(2)</script>" in site.get("/guestbook").text


def test_guestbook_is_capped(site):
    for number in range(MAX_GUESTBOOK_ENTRIES + 5):
        site.post("/guestbook", data={"name": str(number), "message": "x" * 10_000})
    page = site.get("/guestbook").text
    assert page.count("<li>") == MAX_GUESTBOOK_ENTRIES
    assert len(page) < 200_000


def test_too_large_a_body_is_refused(site):
    assert site.post("/guestbook", content=b"x" * 100_000).status_code == 413


def test_unknown_addresses_and_methods_answer_plainly(site):
    assert site.get("/nowhere").status_code == 404
    assert site.post("/about").status_code == 405
    assert site.head("/").headers["Content-Length"] != "0"


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

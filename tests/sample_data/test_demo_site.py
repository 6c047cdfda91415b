"""The demo site is as weak as it says."""

import re
import threading

import httpx
import pytest

from scans.sample_data.demo_site import MAX_GUESTBOOK_ENTRIES, WARNING, DemoSite


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

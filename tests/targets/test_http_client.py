"""Our own requests: where they go, what they carry, and that no site can hold them for ever."""

import gzip
import socket
import tracemalloc
from time import monotonic

import httpx
import pytest

from scans.targets import http_client
from scans.targets.http_client import MAX_BODY_BYTES, USER_AGENT, SiteClient
from tests.sites.bombs import BombSite
from tests.sites.controllable import BIG_PAGE, PAGE, ControllableSite, certificate

LOOPBACK = ["127.0.0.1"]


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


def client(host="127.0.0.1", addresses=LOOPBACK, timeout=2.0, **options):
    return SiteClient(host, addresses, timeout=timeout, **options)


def test_an_answer_tells_status_headers_text_and_time(site):
    with client() as asking:
        answer = asking.send("GET", site.url)
    assert (answer.status, answer.body) == (200, PAGE) and 0 < answer.seconds < 2
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_request_goes_to_the_pinned_address_under_the_sites_own_name(site):
    with client("owls.example") as asking:
        answer = asking.send("GET", f"http://owls.example:{site.port}/search?q=barn%20owl")
    assert "barn owl" in answer.body
    assert site.requests[0].headers["host"] == f"owls.example:{site.port}"
    assert site.requests[0].headers["user-agent"] == USER_AGENT


def test_an_internationalised_name_is_asked_for_in_ascii(site):
    with client("xn--mnchen-3ya.de") as asking:
        assert asking.send("GET", f"http://xn--mnchen-3ya.de:{site.port}/").status == 200
    assert site.requests[0].headers["host"] == f"xn--mnchen-3ya.de:{site.port}"


@pytest.mark.parametrize("url", ["http://other.example/", "http://127.0.0.2/", "http://owls.example.evil.org/", "/"])
def test_another_host_is_refused_before_anything_is_sent(url):
    with client("owls.example", ["192.0.2.1"]) as asking, pytest.raises(ValueError, match="is not on owls.example"):
        asking.send("GET", url)


def test_an_address_that_cannot_be_asked_for_is_a_value_error(site):
    with client() as asking, pytest.raises(ValueError, match="cannot be asked for"):
        asking.send("GET", f"{site.url}\x7f")
    assert not site.requests


def test_headers_and_body_go_along_once_and_the_host_stays(site):
    with client() as asking:
        own = {"User-Agent": "me", "Content-Type": "text/plain", "content-type": "a/b", "Host": "evil.example"}
        asking.send("POST", f"{site.url}search", own, b"q=1")
    seen = site.requests[0]
    assert (seen.method, seen.body, seen.headers["user-agent"]) == ("POST", "q=1", "me")
    assert seen.headers["host"] == f"127.0.0.1:{site.port}" and seen.headers["content-type"] == "a/b"


def test_the_next_address_is_tried_where_the_first_takes_no_connection(site):
    with client("owls.example", ["::1", "127.0.0.3", "127.0.0.1"]) as asking:
        for _ in range(2):
            assert asking.send("GET", f"http://owls.example:{site.port}/").status == 200


def test_where_no_address_takes_a_connection_that_is_said():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with client("owls.example", ["127.0.0.1", "127.0.0.2"]) as asking, pytest.raises(httpx.ConnectError):
        asking.send("GET", f"http://owls.example:{port}/")
    with client("owls.example", []) as asking, pytest.raises(httpx.ConnectError, match="no address"):
        asking.send("GET", "http://owls.example/")


def test_a_long_page_is_cut_at_64_kib(site):
    site.body = BIG_PAGE
    with client() as asking:
        assert asking.send("GET", site.url).body == BIG_PAGE[:MAX_BODY_BYTES]
        site.body = "short"
        assert asking.send("GET", site.url).body == "short"


@pytest.mark.parametrize("switch", [{"hang": True}, {"drip_head": 0.1}])
def test_a_site_that_never_comes_to_its_answer_is_given_up_at_the_time_out(site, switch):
    vars(site).update(switch)
    started = monotonic()
    with client(timeout=0.4) as asking, pytest.raises(httpx.ReadTimeout):
        asking.send("GET", site.url)
    assert 0.35 < monotonic() - started < 5


def test_a_site_that_drips_its_page_is_cut_off_with_what_came(site):
    site.drip_body = 0.05
    with client(timeout=0.4) as asking:
        answer = asking.send("GET", site.url)
    assert answer.body and PAGE.startswith(answer.body) and answer.body != PAGE and answer.seconds < 4


def test_a_site_that_drips_over_tls_is_cut_off_too():
    with ControllableSite(tls=True, drip_head=0.1) as site, client(timeout=0.5, verify=False) as asking:
        started = monotonic()
        with pytest.raises(httpx.ReadTimeout):
            asking.send("GET", site.url)
        assert monotonic() - started < 5


def test_the_time_out_is_each_requests_own(site):
    with client(timeout=0.3) as asking:
        site.hang = True
        with pytest.raises(httpx.ReadTimeout):
            asking.send("GET", site.url)
        site.hang = False
        assert asking.send("GET", site.url).status == 200


@pytest.mark.parametrize("switch", [{"close": True}, {"dies_after": 0, "close": True}])
def test_a_closed_connection_is_an_http_error(site, switch):
    vars(site).update(switch)
    with client() as asking, pytest.raises(httpx.HTTPError):
        asking.send("GET", site.url)


def test_a_site_that_died_is_an_http_error():
    with ControllableSite(dies_after=1) as site, client() as asking:
        assert asking.send("GET", site.url).status == 200
        for _ in range(2):
            with pytest.raises(httpx.HTTPError):
                asking.send("GET", site.url)
    assert len(site.requests) == 2


def test_redirects_are_shown_and_not_followed(site):
    site.location = "/elsewhere"
    with client() as asking:
        answer = asking.send("GET", site.url)
    assert (answer.status, answer.headers["location"], site.paths) == (302, "/elsewhere", ["/"])


def test_no_cookie_is_kept(site):
    with client() as asking:
        for _ in range(2):
            assert "session=1" in asking.send("GET", site.url).headers["set-cookie"]
    assert "cookie" not in site.requests[1].headers


def test_proxies_of_the_environment_are_ignored(site, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with client() as asking:
        assert asking.send("GET", site.url).status == 200


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "no-such-charset", "utf-8", ""])
def test_a_strange_charset_harms_nobody(site, charset):
    site.content_type, site.body = f"text/html; charset={charset}", "Eule ü"
    with client() as asking:
        assert asking.send("GET", site.url).body.startswith("Eule")


def test_a_page_is_unpacked_and_a_broken_one_is_an_http_error(site):
    site.headers = {"Content-Encoding": "gzip"}
    site.body = gzip.compress(b"owl").decode("latin-1")  # not gzip any more once it is UTF-8
    with client() as asking, pytest.raises(httpx.HTTPError):
        asking.send("GET", site.url)


@pytest.mark.parametrize("path", ["gzip", "nested", "deflate", "layers", "brotli", "chunks"])
def test_a_bomb_is_an_answer_of_bounded_size(path):
    with BombSite() as bombs, client(timeout=30) as asking:
        tracemalloc.start()
        try:
            answer = asking.send("GET", f"{bombs.url}{path}")
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert answer.status == 200 and len(answer.body) <= 64 * 1024 and most < 8 * 1024**2


@pytest.mark.parametrize("path", ["heads", "interims", "broken"])
def test_an_answer_that_never_comes_to_its_body_is_an_http_error(path):
    with BombSite() as bombs, client(timeout=2) as asking, pytest.raises(httpx.HTTPError):
        asking.send("GET", f"{bombs.url}{path}")


def test_certificates_are_checked_unless_told_otherwise(settings):
    with ControllableSite(tls=True) as site:
        for verify in (True, None):
            with client(verify=verify) as asking, pytest.raises(httpx.ConnectError, match="(?i)certificate"):
                asking.send("GET", site.url)
        with client(verify=False) as asking:
            assert asking.send("GET", site.url).status == 200
        settings.SCANS_TLS_VERIFY = False
        with client() as asking:
            assert asking.send("GET", site.url).status == 200


@pytest.fixture
def trusting_the_certificate(monkeypatch):
    """This machine trusts the certificate of the tests' sites."""
    monkeypatch.setenv("SSL_CERT_FILE", certificate()[0])
    http_client._context.cache_clear()
    yield
    http_client._context.cache_clear()


def test_a_certificate_that_this_machine_trusts_is_accepted_for_its_names_only(trusting_the_certificate):
    with ControllableSite(tls=True) as site:
        with client("localhost", verify=True) as asking:
            assert asking.send("GET", f"https://localhost:{site.port}/").status == 200
        with client("owls.example", verify=True) as asking, pytest.raises(httpx.ConnectError):
            asking.send("GET", f"https://owls.example:{site.port}/")

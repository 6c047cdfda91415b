"""The rules for every request of a scan: given headers, and addresses that are never requested."""

import pytest

from scans.targets.http_client import SiteClient
from scans.targets.request_rules import HeaderRefused, LeftOut, RequestRules, parse_header, pattern_of
from scans.targets.shared_rules import REFUSED_HEADERS
from tests.sites.controllable import ControllableSite

GIVEN = (("X-Scan-Id", "owl"), ("User-Agent", "our scanner"), ("Content-Type", "text/plain"))


@pytest.mark.parametrize("name", [*sorted(REFUSED_HEADERS), "Proxy-Connection", "transfer_encoding"])
def test_a_header_of_the_connection_is_refused_however_it_is_written(name):
    with pytest.raises(ValueError, match="cannot be given") as caught:
        parse_header(f" {name.title()} : s3cr3t")
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "line", [":authority: x", "Ho\u017ft: x", "Host\u00a0: x", "X-A: a\x00b", "X-A: \u00e4", "X-A"]
)
def test_what_is_no_header_is_refused(line):
    with pytest.raises(HeaderRefused, match="is not “Name: value”"):
        parse_header(line)


def test_a_header_that_was_given_before_is_refused():
    assert parse_header("X-A: 1", before=["X-B"]) == ("X-A", "1")
    with pytest.raises(HeaderRefused, match="gives x-a again"):
        parse_header("x-a: 2", before=["X-A"])


@pytest.mark.parametrize(
    "elsewhere", ["http://127.0.0.1:82/", "https://127.0.0.1:81/", "http://localhost:81/", "", "http://["]
)
def test_headers_are_for_the_targets_own_site_alone(elsewhere):
    rules = RequestRules(url="http://127.0.0.1:81/shop/", headers=GIVEN)
    assert rules.headers_for("http://127.0.0.1:81/login")["x-scan-id"] == "owl"
    assert rules.headers_for(elsewhere) == {}


def test_our_own_requests_carry_the_headers_and_what_an_attack_or_a_body_needs_stays():
    with ControllableSite() as site:
        rules = RequestRules(url=site.url, headers=GIVEN)
        with SiteClient("127.0.0.1", ["127.0.0.1"], timeout=5, rules=rules) as client:
            client.send("GET", site.url)
            client.send("POST", site.url, {"User-Agent": "() { :;}; echo", "Content-Type": "text/xml"}, b"<x/>")
    first, second = (request.headers for request in site.requests)
    assert (first["x-scan-id"], first["user-agent"], first["content-type"]) == ("owl", "our scanner", "text/plain")
    assert (second["x-scan-id"], second["user-agent"]) == ("owl", "() { :;}; echo")
    assert second["content-type"] == "text/xml"


def test_a_given_cookie_is_sent_beside_those_of_the_site():
    with ControllableSite() as site:
        rules = RequestRules(url=site.url, headers=(("Cookie", "consent=yes; id=0"),))
        with SiteClient("127.0.0.1", ["127.0.0.1"], timeout=5, rules=rules) as client:
            client.send("GET", site.url)
            client.send("GET", site.url, {"Cookie": "id=1"})
    assert [request.headers["cookie"] for request in site.requests] == ["consent=yes; id=0", "consent=yes; id=1"]


def test_our_own_requests_never_ask_for_what_is_left_out():
    rules = RequestRules(left_out=("/?do=*",))
    with ControllableSite() as site, SiteClient("127.0.0.1", ["127.0.0.1"], timeout=5, rules=rules) as client:
        for method in ("GET", "POST"):
            with pytest.raises(LeftOut):
                client.send(method, f"{site.url}?x=1&%64o=harden")
        client.send("GET", site.url)
    assert len(site.requests) == 1


def test_the_pattern_that_leaves_an_address_out_is_named():
    assert pattern_of("http://h/a/logout", ["/logout", "*/logout"]) == "*/logout"
    assert pattern_of("http://h/", ["/logout"]) == ""

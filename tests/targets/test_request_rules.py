"""The rules for every request of a scan: given headers, and addresses that are never requested."""

import re

import pytest

from scans.targets.http_client import SiteClient
from scans.targets.request_rules import REFUSED_HEADERS, LeftOut, expression, parse_header, rules
from tests.sites.controllable import ControllableSite

SITE = "http://shop.example"


@pytest.mark.parametrize(
    ("pattern", "left_out", "asked_for"),
    [
        ("/logout", ["/logout", "/logout?next=/", "/LogOut", "/log%6fut"], ["/", "/logout/now", "/a/logout"]),
        ("/?do=*", ["/?do=harden", "/?do="], ["/", "/?x=1", "/?redo=1", "/weak?do=1"]),
        ("*delete*", ["/delete/5", "/item?action=delete", "/undelete"], ["/", "/item"]),
        ("/admin/*/x", ["/admin/1/x", "/admin/1/2/x?y"], ["/admin/1", "/admin/x"]),
        ("*.pdf", ["/a/b.pdf", "/a.pdf?v=1"], ["/a.pdf.html"]),
        (f"{SITE}/out", ["/out"], ["/"]),
        ("http://other.example/out", [], ["/out"]),
        ("*shop*", ["/shop"], ["/"]),  # the host is no part of it
        ("/a.b", ["/a.b"], ["/axb"]),
    ],
)
def test_a_pattern_leaves_out_what_it_says_and_nothing_else(pattern, left_out, asked_for):
    leaves_out = rules((), [pattern]).leaves_out
    assert all(leaves_out(SITE + path) for path in left_out)
    assert not any(leaves_out(SITE + path) for path in asked_for)


def test_no_address_makes_a_pattern_take_for_ever():
    assert not re.fullmatch(expression("*a*a*a*a*a*a*b"), SITE + "/" + "a" * 5000)


@pytest.mark.parametrize("name", sorted(REFUSED_HEADERS))
def test_a_header_of_the_connection_is_refused_however_it_is_written(name):
    with pytest.raises(ValueError, match="cannot be given") as caught:
        parse_header(f"{name.title()}: s3cr3t")
    assert "s3cr3t" not in str(caught.value)


def test_our_own_requests_carry_the_headers_and_an_attack_in_the_user_agent_stays():
    given = rules([("X-Scan-Id", "owl"), ("User-Agent", "our scanner")], [])
    with ControllableSite() as site, SiteClient("127.0.0.1", ["127.0.0.1"], timeout=5, rules=given) as client:
        client.send("GET", site.url)
        client.send("GET", site.url, {"User-Agent": "() { :;}; echo"})
    first, second = (request.headers for request in site.requests)
    assert (first["x-scan-id"], first["user-agent"]) == ("owl", "our scanner")
    assert (second["x-scan-id"], second["user-agent"]) == ("owl", "() { :;}; echo")


def test_our_own_requests_never_ask_for_what_is_left_out():
    with (
        ControllableSite() as site,
        SiteClient("127.0.0.1", ["127.0.0.1"], timeout=5, rules=rules((), ["/?do=*"])) as client,
    ):
        for method in ("GET", "POST"):
            with pytest.raises(LeftOut):
                client.send(method, f"{site.url}?do=harden")
        client.send("GET", site.url)
    assert len(site.requests) == 1

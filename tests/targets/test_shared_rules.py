"""Which addresses a pattern means, however they are spelled, and which headers nobody may give."""

from time import process_time

import pytest

from scans.targets.shared_rules import REFUSED_HEADERS, Patterns, is_header_name, is_of_connection

SITE = "http://shop.example"


def means(pattern, url):
    """Whether this pattern alone means the address."""
    return Patterns([pattern]).first(url) == pattern


@pytest.mark.parametrize(
    ("pattern", "left_out", "asked_for"),
    [
        ("/logout", ["/logout", "/logout?next=/", "/LogOut"], ["/", "/logout/now", "/a/logout", "/logouts"]),
        ("/logout/", ["/logout", "/logout/"], ["/logout/now"]),
        ("*/logout*", ["/logout", "/a/b/logout", "/a/logout.php?x"], ["/log", "/out"]),
        ("*delete*", ["/delete/5", "/item?action=delete", "/undelete"], ["/", "/item"]),
        ("/admin/*/x", ["/admin/1/x", "/admin/1/2/x?y"], ["/admin/1", "/admin/x"]),
        ("*.pdf", ["/a/b.pdf", "/a.pdf?v=1"], ["/a.pdf.html"]),
        (f"{SITE}/out", ["/out"], ["/"]),
        (SITE, ["/", "", "/?x"], ["/a"]),
        ("http://other.example/out", [], ["/out"]),
        ("*shop*", ["/shop"], ["/"]),  # the host is no part of it
        ("/a.b", ["/a.b"], ["/axb"]),
        ("/überweisung*", ["/%C3%BCberweisung/7", "/%FCberweisung"], ["/uberweisung"]),
        ("/log%6Fut", ["/logout"], ["/log"]),
    ],
)
def test_a_pattern_means_what_it_says_and_nothing_else(pattern, left_out, asked_for):
    assert [path for path in left_out if not means(pattern, SITE + path)] == []
    assert [path for path in asked_for if means(pattern, SITE + path)] == []


@pytest.mark.parametrize(
    ("pattern", "left_out", "asked_for"),
    [
        (
            "/?do=*",
            ["/?do=harden", "/?do=", "/?do", "/?do&x", "/?x=1&do=harden", "/?x=1;do=harden", ""],
            ["/?redo=1", "/?done", "/weak?do=1"],
        ),
        ("/shop.php?id=5&action=remove", ["/shop.php?action=remove&x&id=5"], ["/shop.php?id=5", "/shop.php?id=55"]),
        ("/?q=a b", ["/?q=a+b", "/?q=a%20b"], ["/?q=a%2Bb", "/?q=ab"]),
        ("/?q=c++", ["/?q=c%2B%2B"], ["/?q=c"]),
        ("*?*token=*", ["/a?csrf_token=7", "/?x&token="], ["/token=7", "/?x=token"]),
    ],
)
def test_a_pattern_with_a_query_means_these_parameters_wherever_they_stand(pattern, left_out, asked_for):
    assert [path for path in filter(None, left_out) if not means(pattern, SITE + path)] == []
    assert [path for path in [*asked_for, "/"] if means(pattern, SITE + path)] == []


@pytest.mark.parametrize(
    "spelled",
    [
        "http://shop.example/logout#top",
        "HTTP://SHOP.example/logout",
        "http://shop.example./logout",
        "http://shop.example:80/logout",
        "http://ada@shop.example/logout",
        "http://shop.example//logout",
        "http://shop.example/./logout",
        "http://shop.example/a/../logout",
        "http://shop.example/%2e/logout",
        "http://shop.example/a/%2e%2e/logout",
        "http://shop.example/log%6Fut",
        "http://shop.example/log%256Fut",
        "http://shop.example/%6c%6f%67out",
        "http://shop.example/logout;jsessionid=7",
        "http://shop.example/;x/logout",
        "http://shop.example/logout/",
        "http://shop.example/logout.",
        "http://shop.example\\logout",
        "http://shop.example/%5clogout",
        "http://shop.example/logout%00",
        "http://shop.example/log%0aout",
        "http://shop.example/logout%3Fx",
        "http://shop.example/logout?",
    ],
)
@pytest.mark.parametrize("pattern", ["/logout", f"{SITE}/logout", "HTTP://shop.EXAMPLE.:80/LOGOUT"])
def test_no_spelling_of_an_address_slips_through(pattern, spelled):
    assert means(pattern, spelled)


def test_the_first_of_several_patterns_is_named():
    patterns = Patterns(["/logout", "*delete*", "*item*"])
    assert patterns.first(f"{SITE}/item/delete") == "*delete*" and patterns.first(f"{SITE}/cart") == ""


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*b", "/?*a*a*a*a*b", "/?a=*&b=*"])
@pytest.mark.parametrize("letter", ["a", "a&", "&", "a=;"])
def test_no_address_makes_a_pattern_take_for_ever(pattern, letter):
    began = process_time()
    assert not means(pattern, f"{SITE}/x?" + letter * 3000)
    assert process_time() - began < 1


@pytest.mark.parametrize("name", [*sorted(REFUSED_HEADERS), "Transfer_Encoding", " HOST\t", "Proxy-Anything"])
def test_headers_of_the_connection_are_known_in_every_spelling(name):
    assert is_of_connection(name) and is_of_connection(name.upper())


@pytest.mark.parametrize("name", ["User-Agent", "Authorization", "X-Forwarded-Host", "X_Scan_Id", "x.auth.token"])
def test_other_headers_may_be_given(name):
    assert is_header_name(name) and not is_of_connection(name)


@pytest.mark.parametrize("name", ["", ":authority", "Ho\u017ft", "X Y", "X\r", "X-\u00e4", "Host\u00a0", "a:b"])
def test_what_is_no_name_of_a_header_is_told_from_one(name):
    assert not is_header_name(name)


@pytest.mark.parametrize("host", ["." * 20_000 + "x", "@" * 20_000 + ":x", "@." * 10_000 + ":x"])
def test_no_host_takes_for_ever(host):
    began = process_time()
    assert means("*/logout", f"http://{host}/logout")
    assert process_time() - began < 1

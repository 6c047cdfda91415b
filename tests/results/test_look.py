"""Sending a finding's request again: answers that turn us away, and answers that the site gives to everybody."""

import pytest

from scans.results.look import Look
from scans.results.verdicts import Refused
from tests.results.replaying import CONFIRMED, GONE, SCRIPT, UNCLEAR, answer, fields, finding, looked, replayed

BANNED = "<title>Forbidden</title><h1>Forbidden</h1><p>Your address was banned.</p>"
SHOP = "<title>Shop</title><h1>Shop</h1><a href='/?q=hen'>hens</a><p>You looked for {}</p>"


def weak(**values):
    """A script in the shop's search."""
    request = "GET /?q=%3CScRiPt%3Ealert%28%27wq7hx2k9ab%27%29%3C%2FsCrIpT%3E HTTP/1.1"
    return finding(**{"request": request, "evidence_body": SHOP.format(SCRIPT), **values})


@pytest.mark.parametrize("status", [401, 429, 502, 503, 504, 522])
@pytest.mark.parametrize("info", ["XSS", "X-Frame-Options is not set"])
def test_a_site_that_is_down_or_wants_a_login_shows_neither(status, info):
    verdict = looked(weak(info=info), lambda request: answer(status, "x"))
    assert verdict.replay == UNCLEAR and str(status) in str(verdict.reason)
    assert isinstance(verdict.error, Refused)


@pytest.mark.parametrize("status", [403, 406, 405, 418])
@pytest.mark.parametrize("info", ["XSS", "X-Frame-Options is not set"])
def test_a_block_page_where_the_evidence_was_a_page_shows_neither(status, info):
    verdict = looked(weak(info=info), lambda request: answer(status, BANNED))
    assert verdict.replay == UNCLEAR and isinstance(verdict.error, Refused)


def test_a_block_page_that_says_200_shows_neither():
    assert replayed(weak(info="XSS"), answer(200, BANNED)) == UNCLEAR
    assert replayed(weak(info="X-Frame-Options is not set"), answer(200, BANNED)) == UNCLEAR


def test_a_page_that_the_whole_site_shows_now_is_no_sign_of_a_mended_one():
    maintenance = answer(200, "<title>Soon</title><h1>Back at noon</h1>")
    assert looked(weak(), lambda request: maintenance, everywhere=True).replay == UNCLEAR
    assert looked(weak(), lambda request: maintenance).replay == GONE  # a page of this address alone


def test_a_redirect_that_everybody_gets_says_nothing():
    to_login = answer(302, headers=[("location", "/login")])
    assert replayed(weak(), to_login) == UNCLEAR
    assert replayed(weak(), to_login, answer(200, SHOP)) == GONE


def test_a_redirect_that_everybody_gets_says_nothing_though_it_carries_the_address():
    def banned(request):
        return answer(302, headers=[("location", f"https://captcha.example/?back={request.target}")])

    assert looked(weak(), banned).replay == UNCLEAR


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_gone(status):
    assert replayed(weak(), answer(status, "not here")) == GONE


def test_a_server_that_fails_for_everybody_says_nothing():
    assert replayed(weak(), answer(500, "broken")) == UNCLEAR
    assert replayed(weak(), answer(500, "broken"), answer(200, SHOP)) == GONE


def test_a_weakness_of_an_error_page_is_confirmed_on_the_error_page():
    found = weak(evidence_status=403, evidence_body=f"<title>No</title>{SCRIPT}")
    echo = looked(found, lambda request: answer(403, f"<title>No</title>{fields(request).get('q')}"))
    assert echo.replay == CONFIRMED


@pytest.mark.parametrize(
    ("payload", "value"),
    [("owl'\"(", "owl"), ("17 AND 1=1", "17 AND 1"), ("../../etc/passwd", "1"), ("'", "1"), ("env", "1")],
)
def test_the_harmless_value_is_what_stood_before_the_attack(payload, value):
    look = Look(finding(request=f"POST /s HTTP/1.1\n\nq={payload}&a=1"), lambda request: answer())
    assert fields(look.harmless()) == {"q": value, "a": "1"}


def test_without_an_attack_in_the_request_there_is_no_harmless_one():
    look = Look(finding(request="GET /s?a=1 HTTP/1.1"), lambda request: answer())
    assert look.harmless() is None and look.control() is None and look.marked_anew() == look.request


def test_the_engines_word_is_replaced_by_a_new_one():
    look = Look(weak(), lambda request: answer())
    new = fields(look.marked_anew())["q"]
    assert look.mark == "wq7hx2k9ab" and new != SCRIPT and len(new) == len(SCRIPT) and look.mark not in new

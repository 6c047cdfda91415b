"""Refusals: which answers turn us away, told by what the same address answered before."""

from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import product
from time import process_time

import httpx
import pytest

from scans.targets.refusal import Seen, alike, refusal, says_slow_down, seconds_to_wait, seen

SHOP = "<html><head><title>Shop</title></head><body><nav>hens eggs owls basket</nav>{}</body></html>"
PAGE = SHOP.format("<p>Welcome to our farm, everything is fresh today.</p>")
CLOUDFLARE = (
    "<!DOCTYPE html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b/orchestrate'></script>"
)
CAPTCHA = "<title>Please wait</title><p>Solve the captcha to continue.</p><div class='g-recaptcha'></div>"
BANNED = "<h1>Forbidden</h1><p>Your address was banned.</p>"
MOD_SECURITY = "<h1>Not Acceptable!</h1><p>An appropriate representation could not be found. Mod_Security.</p>"
TRAPPED = "<p>Hello. Reference #18.2f3.1700000000.</p>"  # a block page whose words say nothing


def answer(status, body="", **headers):
    return status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), body


def usually(status=200, body=PAGE, **headers):
    return seen(*answer(status, body, **headers))


def code(given, usual, elsewhere=None):
    return refusal(*given, usual, elsewhere).code


@pytest.mark.parametrize("usual", [None, usually()])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (answer(429, "Too many requests"), "refused_too_many"),
        (answer(503, "busy", retry_after="8"), "refused_unavailable"),
        (answer(503, "busy"), "refused_unavailable"),
        (answer(403, CLOUDFLARE, cf_mitigated="challenge"), "refused_challenge"),
        (answer(405, "", x_amzn_waf_action="captcha"), "refused_challenge"),
        (answer(403, CLOUDFLARE), "refused_challenge"),
    ],
)
def test_a_rate_limit_and_a_challenge_say_so_themselves(given, usual, expected):
    assert code(given, usual) == expected


@pytest.mark.parametrize("status", [401, 403, 406, 418, 444])
def test_an_address_that_gave_a_page_and_answers_with_an_error_refuses_us(status):
    assert refusal(*answer(status, BANNED), usually()).facts == {"status": status, "usual": 200}


@pytest.mark.parametrize("body", [BANNED, MOD_SECURITY, CAPTCHA, CLOUDFLARE, SHOP.replace("Shop", "Access denied")])
def test_a_block_page_with_status_200_is_told_by_its_words(body):
    assert code(answer(200, body), usually())


@pytest.mark.parametrize(
    "body",
    ["Zugriff verweigert", "Ihre Anfrage wurde blockiert", "Accès refusé", "Acceso denegado", "Request blocked"],
)
def test_it_may_say_so_in_other_languages(body):
    assert code(answer(200, f"<h1>{body}</h1>"), usually()) == "refused_block_page"


def test_a_new_page_that_is_given_for_every_address_refuses_us_whatever_it_says():
    assert not code(answer(200, TRAPPED), usually())
    assert code(answer(200, TRAPPED), usually(), usually(200, TRAPPED.replace("18", "19"))) == "refused_block_page"
    away = answer(302, location="/blocked")
    assert code(away, usually(), seen(*away)) == "refused_block_page"
    assert not code(away, usually(), seen(*answer(302, location="/en/")))
    here, there = (answer(302, location=f"https://captcha.example/verify?back={path}") for path in ("/", "/x8f2"))
    assert code(here, usually(), seen(*there)) == "refused_block_page"


@pytest.mark.parametrize("status", [200, 401, 403, 404])
def test_the_usual_answer_is_no_refusal_whatever_it_is(status):
    body = BANNED if status == 403 else CAPTCHA if status == 200 else "not here"
    assert not code(answer(status, body), usually(status, body))


@pytest.mark.parametrize("status", [401, 403, 404, 406, 302, 200])
def test_without_a_usual_answer_an_ordinary_error_says_nothing(status):
    assert not code(answer(status, BANNED), None)


@pytest.mark.parametrize(
    "body", [SHOP.format("<p>Other news today.</p>"), PAGE.replace("title", "h1"), SHOP.format("<p>captcha</p>" * 9)]
)
def test_a_page_may_change(body):
    assert not code(answer(200, body), usually())


@pytest.mark.parametrize("status", [404, 410, 500, 502, 504])
def test_a_page_that_is_gone_or_broken_refuses_nobody(status):
    assert not code(answer(status, "<h1>Oops</h1>"), usually(), usually(status, "<h1>Oops</h1>"))


def test_a_ban_that_says_404_is_told_by_its_words():
    assert code(answer(404, "<h1>Your IP was blocked</h1>"), usually()) == "refused_block_page"


def test_a_login_page_with_a_captcha_is_no_challenge_where_it_always_was():
    login = SHOP.format("<form>user password<div class='g-recaptcha'></div></form>")
    assert not code(answer(200, login.replace("user", "name")), usually(200, login))


def test_what_is_kept_is_small_and_comes_back_from_json():
    words = map("".join, product("abcdefghijklmnopqrstuvwxyz", repeat=3))
    kept = usually(200, PAGE + " ".join(words))
    assert Seen.from_json(kept.to_json() | {"added_later": 1}) == kept and len(str(kept.to_json())) < 1500
    assert Seen.from_json({}) is None and Seen.from_json(None) is None


NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "8"}, 8),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after": "Mon, 30 Nov 2026 12:01:00 GMT", "date": "Mon, 30 Nov 2026 12:00:50 GMT"}, 10),
        ({"retry-after": format_datetime(NOW.replace(hour=13))}, 3600),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": b"\xb2"}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers, seconds):
    assert seconds_to_wait(httpx.Headers(headers), NOW) == seconds


@pytest.mark.parametrize(
    "text", ["<" * 2**20, "<script>" * 2**17, "<title>" * 2**17, "<title " * 2**17, "a</script" * 2**17]
)
def test_no_page_takes_long_to_compare(text):
    started = process_time()
    refusal(200, {}, text, seen(200, {}, text[::-1]))
    assert process_time() - started < 5


def test_a_long_page_is_the_one_whose_beginning_was_kept():
    """Such as a finding's answer. Its words about refusals stand behind that, so they make it no block page."""
    page = f"<title>Printer</title><p>{'nozzle bed ' * 6000}</p><p>Are you blocked? Access denied?</p>"
    kept = seen(200, {}, page[: 64 * 1024])
    assert alike(seen(200, {}, page), kept)
    assert not refusal(200, {}, page, kept)
    assert refusal(200, {}, "<title>Printer</title><p>Access denied, you are blocked.</p>", kept)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, "<h1>Too many requests</h1>Please slow down.", True),
        (200, "Rate limit exceeded", True),
        (200, "Zu viele Anfragen. Bitte langsamer.", True),
        (200, "<h1>Owls</h1>Welcome to our shop.", False),
        (200, "<h1>Our API</h1>" + "<p>It has a rate limit, and more to read.</p>" * 60, False),
        (429, "Too many requests", False),  # its status says so
    ],
)
def test_a_page_that_only_asks_to_slow_down_is_known_by_its_few_words(status, body, expected):
    assert says_slow_down(status, body) == expected

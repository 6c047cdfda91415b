"""Logging in with a form: found, filled in and sent, or refused for the reason that holds."""

import socket
from urllib.parse import parse_qs

import pytest

from tests.login.entering import PLAIN_FORM, entered, holds, refused
from tests.sites.guarded import LOGIN_PAGE, OPEN_PAGE, PASSWORD, USER, GuardedSite
from tests.sites.scripted import ScriptedSite


def test_the_login_form_is_found_where_strangers_are_sent_and_its_session_is_kept(site):
    logged_in = entered(site)
    assert {cookie.name for cookie in logged_in.session.cookies} == {"visitor", "session"}
    assert {cookie.value for cookie in logged_in.session.cookies} & site.sessions
    assert (logged_in.page_url, logged_in.login_url) == (site.url, f"{site.url}login")
    assert logged_in.logout_urls == (f"{site.url}logout",)
    assert "Alice" in logged_in.html and "asked for a login before" in str(logged_in.detail)


def test_one_attempt_is_made_with_the_fields_that_a_browser_would_send(site):
    entered(site)
    (attempt,) = site.attempts
    sent = parse_qs(attempt.body)
    assert (sent.pop("user"), sent.pop("password"), sent.pop("go")) == ([USER], [PASSWORD], ["in"])
    assert list(sent) == ["token"]
    assert attempt.path == "/login?from=here" and attempt.headers["referer"] == f"{site.url}login"
    assert attempt.headers["origin"] == site.url.rstrip("/")


def test_a_wrong_password_is_told_by_the_form_being_shown_again(site):
    failure = refused(site, password="wrong")
    assert (failure.reason, len(site.attempts)) == ("not_let_in", 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, "no"), "wrong_credentials"),
        ((403, "no"), "not_let_in"),
        ((200, "That was not right."), "not_let_in"),
        ((200, PLAIN_FORM + "Your account has been locked."), "account_locked"),
        ((200, PLAIN_FORM + "Too many failed login attempts."), "account_locked"),
        ((429, "slower"), "account_locked"),
        ((200, PLAIN_FORM + "Incorrect password or account is temporarily blocked."), "wrong_credentials"),
        ((200, PLAIN_FORM + '<div class="g-recaptcha"></div>'), "captcha"),
        ((500, "broken"), "login_page_unreachable"),
    ],
)
def test_a_refusal_is_told_by_what_the_site_answers(site, answer, reason):
    site.open = reason == "login_page_unreachable"
    site.refused = answer
    assert refused(site, password="wrong").reason == reason


def test_the_login_page_is_found_by_its_link_on_an_open_site(site):
    site.open = True
    logged_in = entered(site)
    assert logged_in.pattern == "logout" and "offers to log out" in str(logged_in.detail)


def test_fields_can_be_named(site):
    site.login_page = '<form method="post"><input name="other"><input name="user"><input name="hint">' + (
        '<input name="password" type="password"></form>'
    )
    assert entered(site, username_field="user", password_field="password").session.cookies
    failure = refused(site, username_field="login")
    assert failure.reason == "field_missing"
    assert all(name in str(failure.why) for name in ("“login”", "“other”", "“user”", "“hint”", "“password”"))


def test_a_form_may_be_sent_in_parts(site):
    site.login_page = LOGIN_PAGE.replace('action="/login?', 'enctype="multipart/form-data" action="/login?')
    assert entered(site).session.cookies
    assert site.attempts[0].headers["content-type"].startswith("multipart/form-data; boundary=")


def test_a_form_may_be_sent_by_get_and_its_address_is_told_to_nobody(site):
    site.login_page, site.open = PLAIN_FORM.replace("post", "get"), True
    site.welcome = "<p>Welcome back</p>"
    assert entered(site, logged_in="Welcome back").page_url == site.url
    assert refused(site, logged_in="Something else").reason == "verification_text_missing"


def test_a_login_page_that_is_not_there_is_said(site):
    with GuardedSite(scheme="Bearer") as closed:
        assert refused(closed, login_url="/nothing").reason == "login_page_unreachable"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    failure = refused(site, url)
    assert failure.reason == "login_page_unreachable" and "refused" in str(failure.why)


@pytest.mark.parametrize("address", ["http://[::1", "ftp://127.0.0.1/", "http://name.invalid/login?password=x"])
def test_a_login_page_without_a_host_that_can_be_reached_is_refused(site, address):
    failure = refused(site, login_url=address)
    assert failure.reason in ("login_page_unreachable", "login_page_not_allowed") and not site.requests


def test_a_login_page_that_nothing_leads_to_is_found_where_they_usually_are(site):
    site.open, site.open_page = True, "<p>Anybody may read this.</p>"
    logged_in = entered(site)
    assert logged_in.login_url.endswith("/login") and "offers to log out" in str(logged_in.detail)


def test_a_form_that_is_not_taken_where_it_stands_is_not_the_last_that_is_tried(site):
    site.open, site.open_page = True, PLAIN_FORM + OPEN_PAGE
    logged_in = entered(site)
    assert logged_in.login_url == f"{site.url}login" and "asked for a login before" in str(logged_in.detail)
    assert [attempt.path for attempt in site.attempts] == ["/", "/login?from=here"]
    assert refused(site, password="wrong").reason == "not_let_in"


@pytest.mark.parametrize("closed", [True, False])
def test_whether_a_login_still_holds_is_told_by_what_proved_it(site, closed):
    site.open = not closed
    logged_in = entered(site)
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_a_page_that_is_gone_but_still_knows_its_member_has_not_ended_the_login(site):
    site.open = True
    logged_in = entered(site)
    site.members_status = 404
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_a_site_that_does_not_answer_has_not_ended_the_login():
    with GuardedSite() as site:
        logged_in = entered(site)
    assert holds(site, logged_in)


@pytest.mark.parametrize(
    "attributes",
    ["Domain=; Path=/; HttpOnly", "Domain=; Path=/", "Max-Age=; Path=/", 'Max-Age="3600"; Path=/', "Domain; Path=/"],
)
def test_a_session_whose_cookie_has_an_attribute_without_a_usable_value_is_kept(attributes):
    def answer(asked):
        if "sid=ok42ok42ok42" in asked.cookies:
            return 200, "<h1>Your orders</h1><a href=/logout>Log out</a>"
        if asked.method == "GET":
            return 200, PLAIN_FORM
        return 303, "", ("Location", "/"), ("Set-Cookie", f"sid=ok42ok42ok42; {attributes}")

    with ScriptedSite(answer) as site:
        assert entered(site).session.cookies[0].value == "ok42ok42ok42"


@pytest.mark.parametrize(
    ("encoding", "kind", "head", "sent"),
    [
        ("latin-1", "text/html; charset=ISO-8859-1", "", b"Gr%FC%DFe"),
        ("latin-1", "text/html", "<meta charset=windows-1252>", b"Gr%FC%DFe"),
        ("latin-1", "text/html", '<meta http-equiv=content-type content="text/html; charset=latin1">', b"Gr%FC%DFe"),
        ("latin-1", "text/html", "", b"Gr%FC%DFe"),
        ("utf-8", "text/html", "", b"Gr%C3%BC%C3%9Fe"),
        ("utf-8-sig", "text/html; charset=ISO-8859-1", "", b"Gr%C3%BC%C3%9Fe"),
        ("utf-16", "text/html", "", b"Gr%C3%BC%C3%9Fe"),
        ("cp1251", "text/html; charset=windows-1251", "", b"Gr%26%23252%3B%26%23223%3Be"),
    ],
)
def test_a_password_is_sent_in_the_encoding_of_the_page(encoding, kind, head, sent):
    def answer(asked):
        if "sid=1" in asked.cookies:
            return 200, "<a href=/logout>Log out</a>"
        if asked.method == "GET":
            umlaut = "" if encoding == "cp1251" else "<h1>Übersicht für Gäste</h1>"
            return 200, (head + umlaut + PLAIN_FORM).encode(encoding), ("Content-Type", kind)
        right = b"password=" + sent in asked.body
        return 303, "", ("Location", "/"), *([("Set-Cookie", "sid=1; Path=/")] if right else [])

    with ScriptedSite(answer) as site:
        assert entered(site, password="Grüße").session.cookies

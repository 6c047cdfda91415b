"""Logging in with a form: found, filled in and proven, or refused for the reason that holds."""

import re
import socket
from urllib.parse import parse_qs

import pytest

from scans.login.base import Login, Method
from scans.login.logging_in import log_in, still_holds
from scans.login.outcome import REASONS, LoginFailed
from scans.targets.policy import TargetPolicy
from tests.sites.guarded import LOGIN_PAGE, MEMBERS_PAGE, OPEN_PAGE, PASSWORD, TOKEN, USER, GuardedSite

LOOPBACK = ("127.0.0.1",)
EVERYTHING_HERE = TargetPolicy(["127.0.0.0/8", "localhost"])
PLAIN_FORM = '<form method="post"><input name="user"><input name="password" type="password"></form>'


@pytest.fixture
def site():
    with GuardedSite() as site:
        yield site


def entered(site, url="", **login):
    """Log in to the site with its form."""
    values = {"method": Method.FORM, "username": USER, "password": PASSWORD, **login}
    return log_in(Login(**values), url or site.url, LOOPBACK, EVERYTHING_HERE)


def tells_members(pattern):
    """Whether the pattern is one that members' pages have and strangers' have not."""
    return pattern and re.search(pattern, MEMBERS_PAGE) and not re.search(pattern, OPEN_PAGE + LOGIN_PAGE)


def holds(site, logged_in):
    login = Login(method=Method.FORM, username=USER, password=PASSWORD)
    return still_holds(login, logged_in, site.url, LOOPBACK, EVERYTHING_HERE)


def refused(site, url="", **login):
    """The failure of logging in to the site."""
    with pytest.raises(LoginFailed) as failed:
        entered(site, url, **login)
    assert failed.value.next_step == REASONS[failed.value.reason]
    assert PASSWORD not in f"{failed.value} {failed.value!r} {failed.value.step}"
    return failed.value


def test_the_login_form_is_found_where_strangers_are_sent_and_its_session_is_kept(site):
    logged_in = entered(site)
    assert {cookie.name for cookie in logged_in.session.cookies} == {"visitor", "session"}
    assert {cookie.value for cookie in logged_in.session.cookies} & site.sessions
    assert (logged_in.page_url, logged_in.login_url) == (site.url, f"{site.url}login")
    assert logged_in.logout_urls == (f"{site.url}logout",)
    assert "Alice" in logged_in.html and "asked for a login before" in logged_in.detail


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
    assert (failure.reason, len(site.attempts)) == ("wrong_credentials", 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((401, "no"), "wrong_credentials"),
        ((403, "no"), "wrong_credentials"),
        ((200, "That was not right."), "wrong_credentials"),
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


def test_a_warning_that_stood_there_before_is_no_lock(site):
    site.login_page += "<p>After too many attempts your account is locked.</p>"
    assert refused(site, password="wrong").reason == "wrong_credentials"


def test_a_captcha_is_noticed_before_anything_is_sent(site):
    site.login_page = PLAIN_FORM.replace("</form>", '<input name="captcha_answer"></form>')
    assert refused(site).reason == "captcha" and not site.attempts


def test_a_second_factor_is_told_by_the_code_that_is_asked_for(site):
    site.code_page = '<form method="post"><input name="code" autocomplete="one-time-code"></form>'
    assert refused(site).reason == "second_factor"


def test_a_login_that_nothing_shows_cannot_be_told(site):
    site.open, site.members_page = True, OPEN_PAGE
    failure = refused(site)
    assert failure.reason == "cannot_tell" and "looks alike" in failure.detail


def test_a_login_that_is_not_kept_is_not_believed(site):
    site.keeps_login = False
    assert refused(site).reason == "wrong_credentials"


def test_the_login_page_is_found_by_its_link_on_an_open_site(site):
    site.open = True
    logged_in = entered(site)
    assert logged_in.pattern == "logout" and "offers to log out" in logged_in.detail


def test_a_text_proves_the_login_wherever_a_visitor_reads_it(site):
    site.open = True
    for text in ("hello  alice", "Hello"):  # the first has an element between its words
        logged_in = entered(site, logged_in=text)
        assert logged_in.page_url == site.url and tells_members(logged_in.pattern)


def test_a_text_is_known_again_however_the_page_writes_its_letters(site):
    site.open, site.members_page = True, "<p>Ol&aacute;, M&uuml;ller &amp; O&#x27;Hara"
    logged_in = entered(site, logged_in="Olá, Müller & O'Hara")
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


@pytest.mark.parametrize("way_out", ["D&eacute;connexion", "Log&nbsp;out", "Log <b>out</b>"])
def test_a_way_out_is_known_again_however_the_page_writes_its_letters(site, way_out):
    site.open, site.members_page = True, f"<a href='/index.php?id=7'>{way_out}</a>"
    logged_in = entered(site)
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_a_text_that_is_missing_is_said(site):
    failure = refused(site, logged_in="Welcome back")
    assert failure.reason == "verification_text_missing" and "Welcome back" in failure.detail


def test_a_text_that_strangers_read_too_proves_nothing(site):
    site.open = True
    assert refused(site, logged_in="Owls").reason == "cannot_tell"


def test_the_name_in_the_form_that_is_shown_again_proves_nothing(site):
    site.refused = (200, PLAIN_FORM.replace('name="user"', f'name="user" value="{USER}"'))
    assert refused(site, password="wrong", logged_in=USER).reason == "wrong_credentials"


def test_a_text_is_found_on_the_page_that_the_form_leads_to(site):
    site.open, site.welcome = True, "<p>Welcome back</p>"
    logged_in = entered(site, logged_in="Welcome back")
    # That page cannot be asked for again: the target, which offers to log out, can.
    assert logged_in.page_url == site.url and tells_members(logged_in.pattern)


def test_a_login_that_nothing_shows_a_second_time_is_refused_since_its_end_could_not_be_seen(site):
    site.open, site.members_page, site.welcome = True, OPEN_PAGE, "<p>Welcome back</p>"
    failure = refused(site, logged_in="Welcome back")
    assert failure.reason == "cannot_tell" and "would show that the login is over" in failure.detail


def test_a_greeting_that_is_shown_once_is_no_sign_for_later(site):
    greetings = ["<p>Welcome back</p>"]
    site.open, site.landing = True, "/home"
    site.pages = {"/home": lambda: greetings.pop() if greetings else OPEN_PAGE}
    logged_in = entered(site, logged_in="Welcome back")
    assert holds(site, logged_in) and holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_an_address_proves_the_login_when_only_members_may_open_it(site):
    assert entered(site, logged_in="/inside").page_url == f"{site.url}inside"
    assert refused(site, password="wrong", logged_in="/inside").reason == "wrong_credentials"


def test_an_address_from_which_strangers_are_led_to_a_page_that_is_no_login_page_is_a_sign_too(site):
    site.location, site.pages = "/welcome", {"/welcome": "<p>Welcome. <a href='/login'>Log in</a></p>"}
    site.members_page = "<p>Nothing here offers a way out.</p>"
    logged_in = entered(site, logged_in="/inside")
    assert (logged_in.page_url, logged_in.login_url) == (f"{site.url}inside", f"{site.url}welcome")
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


def test_the_way_out_is_known_from_each_page_that_was_seen(site):
    site.landing, site.pages, site.members_page = "/home", {"/home": MEMBERS_PAGE}, "{}"
    assert entered(site, logged_in="/me.json").logout_urls == (f"{site.url}logout",)


def test_an_address_that_is_open_to_all_proves_nothing(site):
    site.pages = {"/news": "news"}
    assert refused(site, login_url="/login", logged_in="/news").reason == "cannot_tell"


def test_fields_can_be_named(site):
    site.login_page = '<form method="post"><input name="other"><input name="user"><input name="hint">' + (
        '<input name="password" type="password"></form>'
    )
    assert entered(site, username_field="user", password_field="password").session.cookies
    failure = refused(site, username_field="login")
    assert failure.reason == "field_missing"
    assert all(name in failure.detail for name in ("“login”", "“other”", "“user”", "“hint”", "“password”"))


def test_a_form_and_a_proof_are_found_far_down_a_long_page(site):
    filler = f"<style>{'x' * 200_000}</style>"
    site.login_page, site.members_page = filler + LOGIN_PAGE, filler + MEMBERS_PAGE
    assert entered(site, logged_in="Alice").login_url == f"{site.url}login"


def test_a_form_may_be_sent_in_parts(site):
    site.login_page = LOGIN_PAGE.replace('action="/login?', 'enctype="multipart/form-data" action="/login?')
    assert entered(site).session.cookies
    assert site.attempts[0].headers["content-type"].startswith("multipart/form-data; boundary=")


def test_a_form_may_be_sent_by_get_and_its_address_is_told_to_nobody(site):
    site.login_page, site.open = PLAIN_FORM.replace("post", "get"), True
    site.welcome = "<p>Welcome back</p>"
    assert entered(site, logged_in="Welcome back").page_url == site.url
    assert refused(site, logged_in="Something else").reason == "verification_text_missing"


def test_a_page_that_leads_on_by_refresh_is_followed(site):
    site.open, site.welcome = True, '<meta http-equiv="refresh" content="0; url=/inside">'
    site.members_page = site.open_page
    site.pages = {"/inside": "<a href='/logout'>Log out</a>"}
    assert entered(site).page_url == f"{site.url}inside"


@pytest.mark.parametrize("landing", ["http://127.0.0.1:9/", "http://other.example/", "file:///etc", "http://[oops"])
def test_a_login_that_leads_elsewhere_is_judged_by_the_target_and_not_followed(site, landing):
    site.landing = landing
    assert entered(site).page_url == site.url


@pytest.mark.parametrize("location", ["http://127.0.0.1:9/login", "http://other.example/login", "https://127.0.0.1/"])
def test_a_login_page_elsewhere_is_not_visited_unless_named(site, location):
    site.location = location
    failure = refused(site)
    assert failure.reason == "out_of_scope" and location in failure.detail


def test_a_login_page_on_another_port_is_used_when_it_is_named_and_allowed(site):
    with GuardedSite() as members:
        failure = refused(members, login_url=f"{site.url}login")
        assert (failure.reason, len(site.attempts)) == ("wrong_credentials", 1)  # its cookie means nothing there
    values = {"method": Method.FORM, "username": USER, "password": PASSWORD, "login_url": "http://192.0.2.1/login"}
    with pytest.raises(LoginFailed) as failed:
        log_in(Login(**values), site.url, LOOPBACK, EVERYTHING_HERE)
    assert failed.value.reason == "login_page_not_allowed"


def test_a_form_that_sends_the_password_elsewhere_is_not_sent(site):
    site.login_page = PLAIN_FORM.replace("<form", '<form action="http://127.0.0.1:9/collect"')
    assert refused(site).reason == "out_of_scope" and not site.attempts


def test_a_site_that_leads_round_in_circles_is_left(site):
    site.leads = {"/loop": "/loop"}
    assert refused(site, login_url="/loop").reason == "too_many_redirects"


def test_a_login_page_that_is_not_there_is_said(site):
    with GuardedSite(scheme="Bearer") as closed:
        assert refused(closed, login_url="/nothing").reason == "login_page_unreachable"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    failure = refused(site, url)
    assert failure.reason == "login_page_unreachable" and "refused" in failure.detail


@pytest.mark.parametrize("address", ["http://[::1", "ftp://127.0.0.1/", "http://name.invalid/login?password=x"])
def test_a_login_page_without_a_host_that_can_be_reached_is_refused(site, address):
    failure = refused(site, login_url=address)
    assert failure.reason in ("login_page_unreachable", "login_page_not_allowed") and not site.requests


def test_a_login_page_that_nothing_leads_to_is_found_where_they_usually_are(site):
    site.open, site.open_page = True, "<p>Anybody may read this.</p>"
    logged_in = entered(site)
    assert logged_in.login_url.endswith("/login") and "offers to log out" in logged_in.detail


def test_a_site_that_looks_alike_for_members_is_told_by_its_login_page(site):
    site.open, site.login_page_for_strangers = True, True
    site.members_page = site.open_page
    logged_in = entered(site)
    assert logged_in.page_url == f"{site.url}login" and "does so no more" in logged_in.detail
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


@pytest.mark.parametrize("landing", ["<p>Too many attempts, try again later</p>", "<input name='otp'>"])
def test_a_login_page_without_its_form_proves_nothing_where_something_is_in_the_way(site, landing):
    site.open, site.login_page_for_strangers, site.welcome = True, True, landing
    site.members_page = site.open_page
    assert refused(site).reason in ("account_locked", "second_factor", "cannot_tell")


def test_a_form_that_is_not_taken_where_it_stands_is_not_the_last_that_is_tried(site):
    site.open, site.open_page = True, PLAIN_FORM + OPEN_PAGE
    logged_in = entered(site)
    assert logged_in.login_url == f"{site.url}login" and "asked for a login before" in logged_in.detail
    assert [attempt.path for attempt in site.attempts] == ["/", "/login?from=here"]
    assert refused(site, password="wrong").reason == "wrong_credentials"


@pytest.mark.parametrize("login_page", [LOGIN_PAGE, PLAIN_FORM])
def test_a_page_of_members_may_keep_a_login_form_for_later(site, login_page):
    site.login_page, site.members_page = login_page, MEMBERS_PAGE + PLAIN_FORM
    logged_in = entered(site)
    assert "asked for a login before" in logged_in.detail
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)
    assert refused(site, password="wrong").reason == "wrong_credentials"


def test_a_login_form_where_strangers_are_led_nowhere_else_still_asks_for_the_login(site):
    site.open, site.open_page = True, PLAIN_FORM + OPEN_PAGE
    site.members_page = PLAIN_FORM + MEMBERS_PAGE
    assert refused(site, login_url="/login").reason == "wrong_credentials"


@pytest.mark.parametrize("closed", [True, False])
def test_whether_a_login_still_holds_is_told_by_what_proved_it(site, closed):
    site.open = not closed
    logged_in = entered(site)
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


@pytest.mark.parametrize("by_redirect", [True, False])
def test_a_start_page_that_leads_everybody_on_is_no_sign_but_the_page_that_turns_strangers_away(site, by_redirect):
    refresh = '<meta http-equiv="refresh" content="0; url=/home">'
    site.leads, site.pages = ({"/": "/home"}, {}) if by_redirect else ({}, {"/": refresh})
    site.members_page = "<p>Nothing here offers a way out.</p>"
    assert entered(site).page_url == f"{site.url}home"


def test_a_start_page_that_leads_to_one_that_refuses_strangers_is_no_sign_but_that_page():
    with GuardedSite(scheme="Bearer", leads={"/": "/home"}) as site:
        login = Login(method=Method.HEADERS, headers=f"Authorization: Bearer {TOKEN}")
        assert log_in(login, site.url, LOOPBACK, EVERYTHING_HERE).page_url == f"{site.url}home"


def test_a_refresh_to_the_login_page_is_no_sign_since_the_engine_follows_none(site):
    site.open, site.open_page = True, '<meta http-equiv="refresh" content="0; url=/login">'
    assert tells_members(entered(site).pattern)
    site.members_page = "<p>Nothing here offers a way out.</p>"
    assert refused(site).reason == "cannot_tell"


def test_a_link_that_a_script_logs_out_with_proves_a_login_and_is_not_the_address_of_its_page(site):
    site.open, site.members_page = True, "<a href='#' onclick='logOut()'>Log out</a>"
    logged_in = entered(site)
    assert "offers to log out" in logged_in.detail and logged_in.logout_urls == ()


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

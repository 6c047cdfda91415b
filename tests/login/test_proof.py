"""Proofs that a login worked, and pages that prove nothing."""

import pytest

from scans.login.base import Login, Method
from scans.login.logging_in import log_in
from tests.login.entering import EVERYTHING_HERE, LOOPBACK, PLAIN_FORM, entered, holds, refused, tells_members
from tests.sites.guarded import LOGIN_PAGE, MEMBERS_PAGE, OPEN_PAGE, TOKEN, USER, GuardedSite


def test_a_login_that_nothing_shows_cannot_be_told(site):
    site.open, site.members_page = True, OPEN_PAGE
    failure = refused(site)
    assert failure.reason == "cannot_tell" and "looks the same" in str(failure.why)


def test_a_login_that_is_not_kept_is_not_believed(site):
    site.keeps_login = False
    assert refused(site).reason == "not_let_in"


def test_a_text_proves_the_login_wherever_a_visitor_reads_it(site):
    site.open = True
    for text in ("hello  alice", "Hello"):  # the first has an element between its words
        logged_in = entered(site, logged_in=text)
        assert logged_in.page_url == site.url and tells_members(logged_in.pattern)


def test_a_text_that_is_missing_is_said(site):
    failure = refused(site, logged_in="Welcome back")
    assert failure.reason == "verification_text_missing" and "Welcome back" in str(failure.why)


def test_a_text_that_strangers_read_too_proves_nothing(site):
    site.open = True
    assert refused(site, logged_in="Owls").reason == "cannot_tell"


def test_the_name_in_the_form_that_is_shown_again_proves_nothing(site):
    site.refused = (200, PLAIN_FORM.replace('name="user"', f'name="user" value="{USER}"'))
    assert refused(site, password="wrong", logged_in=USER).reason == "not_let_in"


def test_a_text_is_found_on_the_page_that_the_form_leads_to(site):
    site.open, site.welcome = True, "<p>Welcome back</p>"
    logged_in = entered(site, logged_in="Welcome back")
    # That page cannot be asked for again: the target, which offers to log out, can.
    assert logged_in.page_url == site.url and tells_members(logged_in.pattern)


def test_a_login_that_nothing_shows_a_second_time_is_refused_since_its_end_could_not_be_seen(site):
    site.open, site.members_page, site.welcome = True, OPEN_PAGE, "<p>Welcome back</p>"
    failure = refused(site, logged_in="Welcome back")
    assert failure.reason == "cannot_tell" and "would show that the login has ended" in str(failure.why)


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
    assert refused(site, password="wrong", logged_in="/inside").reason == "not_let_in"


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


def test_a_site_that_looks_alike_for_members_is_told_by_its_login_page(site):
    site.open, site.login_page_for_strangers = True, True
    site.members_page = site.open_page
    logged_in = entered(site)
    assert logged_in.page_url == f"{site.url}login" and "no longer does" in str(logged_in.detail)
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)


@pytest.mark.parametrize("landing", ["<p>Too many attempts, try again later</p>", "<input name='otp'>"])
def test_a_login_page_without_its_form_proves_nothing_where_something_is_in_the_way(site, landing):
    site.open, site.login_page_for_strangers, site.welcome = True, True, landing
    site.members_page = site.open_page
    assert refused(site).reason in ("account_locked", "second_factor", "cannot_tell")


@pytest.mark.parametrize("login_page", [LOGIN_PAGE, PLAIN_FORM])
def test_a_page_of_members_may_keep_a_login_form_for_later(site, login_page):
    site.login_page, site.members_page = login_page, MEMBERS_PAGE + PLAIN_FORM
    logged_in = entered(site)
    assert "asked for a login before" in str(logged_in.detail)
    assert holds(site, logged_in)
    site.sessions.clear()
    assert not holds(site, logged_in)
    assert refused(site, password="wrong").reason == "not_let_in"


def test_a_login_form_where_strangers_are_led_nowhere_else_still_asks_for_the_login(site):
    site.open, site.open_page = True, PLAIN_FORM + OPEN_PAGE
    site.members_page = PLAIN_FORM + MEMBERS_PAGE
    assert refused(site, login_url="/login").reason == "not_let_in"


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

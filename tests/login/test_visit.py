"""Where a visitor is led, and where not."""

import pytest

from scans.login.base import Login, Method
from scans.login.logging_in import log_in, still_holds
from scans.login.outcome import LoginFailed
from scans.targets.request_rules import RequestRules
from tests.login.entering import EVERYTHING_HERE, LOOPBACK, PLAIN_FORM, entered, refused
from tests.sites.guarded import PASSWORD, USER, GuardedSite


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
    assert failure.reason == "out_of_scope" and location in str(failure.why)


def test_a_login_page_on_another_port_is_used_when_it_is_named_and_allowed(site):
    with GuardedSite() as members:
        failure = refused(members, login_url=f"{site.url}login")
        assert (failure.reason, len(site.attempts)) == ("not_let_in", 1)  # its cookie means nothing there
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


def test_headers_of_every_request_do_not_go_to_a_login_page_on_another_site(site):
    given = (("X-Scan-Id", "owl"), ("User-Agent", "scanner of ours"))
    with GuardedSite() as members:
        rules = RequestRules(url=members.url, headers=given)
        login = Login(method=Method.FORM, username=USER, password=PASSWORD, login_url=f"{site.url}login")
        with pytest.raises(LoginFailed):  # its cookie means nothing there
            log_in(login, members.url, LOOPBACK, EVERYTHING_HERE, rules)
        assert {request.headers.get("x-scan-id") for request in members.requests} == {"owl"}
        assert {request.headers["user-agent"] for request in members.requests} == {"scanner of ours"}
    assert site.requests and not any("owl" in str(request.headers.get("x-scan-id")) for request in site.requests)
    assert not any("scanner of ours" in request.headers["user-agent"] for request in site.requests)


def test_a_login_form_behind_basic_authentication_is_entered_with_the_header_of_every_request(site):
    site.wants = {"Authorization": "Basic b3dsOm93bHM="}
    rules = RequestRules(url=site.url, headers=tuple(site.wants.items()))
    login = Login(method=Method.FORM, username=USER, password=PASSWORD)
    logged_in = log_in(login, site.url, LOOPBACK, EVERYTHING_HERE, rules)
    assert logged_in.page_url == site.url and not logged_in.session.headers
    assert still_holds(login, logged_in, site.url, LOOPBACK, EVERYTHING_HERE, rules)

"""Logging in to applications that this project did not write for the purpose: DokuWiki, Radicale, Django's admin."""

import json
import re
from dataclasses import replace

import httpx
import pytest

from scans.login.base import Login, Method
from scans.login.logging_in import log_in
from scans.login.outcome import LoginFailed
from scans.targets.policy import TargetPolicy
from tests.factories import user
from tests.sites import datasette, dokuwiki, radicale

pytestmark = [pytest.mark.process, pytest.mark.together("real logins")]

LOOPBACK = ("127.0.0.1",)
POLICY = TargetPolicy(["127.0.0.0/8", "localhost"])


def reason(url, addresses=LOOPBACK, **login):
    """Why this login fails."""
    with pytest.raises(LoginFailed) as failed:
        log_in(Login(**login), url, addresses, POLICY)
    return failed.value.reason


@pytest.fixture(scope="module")
def wiki():
    if not dokuwiki.is_installed():
        pytest.skip("needs the packages dokuwiki, php-cli and php-xml")
    with dokuwiki.dokuwiki() as url:
        yield url


@pytest.fixture(scope="module")
def calendars():
    with radicale.radicale() as url:
        yield url


WIKI_LOGIN = {"method": Method.FORM, "username": dokuwiki.USER, "password": dokuwiki.PASSWORD}


def test_the_login_of_a_wiki_is_found_by_its_link_and_proven_by_the_way_out(wiki):
    logged_in = log_in(Login(**WIKI_LOGIN), wiki, LOOPBACK, POLICY)
    assert "Lib Rarian" in logged_in.html and "do=login" in logged_in.login_url
    assert logged_in.logout_urls == ("?do=logout",) and logged_in.pattern


def test_the_login_of_a_wiki_is_proven_by_a_text(wiki):
    logged_in = log_in(Login(**WIKI_LOGIN, logged_in="Lib Rarian"), wiki, LOOPBACK, POLICY)
    assert re.search(logged_in.pattern, logged_in.html)


def test_a_wrong_password_for_a_wiki_is_told(wiki):
    assert reason(wiki, **{**WIKI_LOGIN, "password": "wrong"}) == "wrong_credentials"
    assert reason(wiki, **{**WIKI_LOGIN, "password": "wrong"}, logged_in="Lib Rarian") == "wrong_credentials"


def test_a_calendar_is_opened_with_http_basic(calendars):
    login = Login(method=Method.BASIC, username=radicale.USER, password=radicale.PASSWORD)
    httpx.request("MKCALENDAR", f"{calendars}librarian/owls/", auth=(login.username, login.password), trust_env=False)
    logged_in = log_in(login, f"{calendars}librarian/owls/", LOOPBACK, POLICY)
    assert logged_in.session.headers[0][0] == "Authorization" and "VCALENDAR" in logged_in.html
    assert log_in(replace(login, logged_in="/librarian/owls/"), calendars, LOOPBACK, POLICY).html == logged_in.html


def test_a_user_whom_nobody_knows_tells_where_the_page_is_open_to_strangers(calendars):
    login = Login(method=Method.BASIC, username=radicale.USER, password=radicale.PASSWORD)
    assert "refuses one that does not exist" in str(log_in(login, calendars, LOOPBACK, POLICY).detail)


def test_a_wrong_password_for_a_calendar_is_told(calendars):
    login = {"method": Method.BASIC, "username": radicale.USER, "password": "wrong"}
    assert reason(f"{calendars}{radicale.USER}/", **login) == "wrong_credentials"
    assert reason(calendars, **login) == "wrong_credentials"


def test_a_folder_that_nobody_may_list_cannot_tell(calendars):
    login = {"method": Method.BASIC, "username": radicale.USER, "password": radicale.PASSWORD}
    assert reason(f"{calendars}{radicale.USER}/", **login) == "cannot_tell"


def test_a_token_opens_what_answers_403_without_it():
    with datasette.datasette(private=True) as url:
        headers = f"Authorization: Bearer {datasette.TOKEN}"
        logged_in = log_in(Login(method=Method.HEADERS, headers=headers), url, LOOPBACK, POLICY)
        assert "birds" in logged_in.html
        assert reason(url, method=Method.HEADERS, headers="Authorization: Bearer of-none") == "wrong_credentials"


@pytest.mark.browser
def test_a_recorded_script_logs_in_to_a_wiki(wiki):
    fields = [("id=focus__this", dokuwiki.USER), ("name=p", dokuwiki.PASSWORD)]
    steps = [("open", "/doku.php?id=start&do=login", ""), *[("type", field, text) for field, text in fields]]
    steps += [("click", "css=#dw__login button[type=submit]", ""), ("assertText", "css=.user", "*Lib Rarian*")]
    commands = [dict(zip(("command", "target", "value"), step, strict=True)) for step in steps]
    recording = {"url": wiki, "tests": [{"id": "1", "name": "in", "commands": commands}]}
    login = Login(method=Method.SCRIPT, login_script=json.dumps(recording))
    logged_in = log_in(login, wiki, LOOPBACK, POLICY)
    assert "Lib Rarian" in logged_in.html and logged_in.screenshot


@pytest.mark.parametrize("path", ["/admin/", "/analyses/", "/admin/login/?next=/admin/"])
@pytest.mark.django_db(transaction=True)
def test_django_lets_its_user_in_and_refuses_a_wrong_password(live_server, path):
    user("", "librarian", is_staff=True, is_superuser=True)
    login = {"method": Method.FORM, "username": "librarian", "password": "password"}
    logged_in = log_in(Login(**login), f"{live_server.url}{path}", ("127.0.0.1", "::1"), POLICY)
    assert "sessionid" in {cookie.name for cookie in logged_in.session.cookies}
    assert any("logout" in url for url in logged_in.logout_urls)
    wrong = {**login, "password": "wrong"}
    assert reason(f"{live_server.url}{path}", ("127.0.0.1", "::1"), **wrong) == "wrong_credentials"

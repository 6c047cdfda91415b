"""An account that refuses a login is left alone before the site locks it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scans.login.base import Login, Method
from scans.login.outcome import LoginFailed
from scans.prescan.accounts import REFUSALS, Accounts
from scans.reasons import Reason

LOGIN = Login(method=Method.FORM, username="ada", password="owls")
SITE = "http://127.0.0.1:9/shop/"


class Site:
    """Answers each attempt to log in with the next of these reasons; empty: logged in."""

    def __init__(self, *reasons: str):
        self.reasons, self.attempts = list(reasons), 0

    def __call__(self):
        self.attempts += 1
        if reason := self.reasons.pop(0) if self.reasons else "":
            raise LoginFailed(reason, Reason("login_did_not_hold"), "login")
        return "logged in"


def log_in(accounts: Accounts, site: Site, login=LOGIN, url=SITE) -> str:
    try:
        return accounts.log_in(login, url, site)
    except LoginFailed as failure:
        return failure.why.code


def test_an_account_that_refuses_is_asked_three_times_for_all_urls_of_its_site():
    accounts, site = Accounts(), Site(*["wrong_credentials"] * 9)
    answers = [log_in(accounts, site, url=f"{SITE}{number}") for number in range(REFUSALS + 2)]
    assert site.attempts == REFUSALS
    assert answers[-1] == answers[-2] == "refused_too_often" != answers[REFUSALS - 1]


@pytest.mark.parametrize("other", [{"url": "http://127.0.0.1:8/"}, {"login": Login(method=Method.FORM, username="b")}])
def test_another_site_or_login_is_another_account(other):
    accounts = Accounts()
    for _ in range(REFUSALS):
        log_in(accounts, Site("account_locked"))
    assert log_in(accounts, Site(), **other) == "logged in"


def test_a_failure_that_is_no_refusal_does_not_count():
    accounts, site = Accounts(), Site("login_form_missing", *["wrong_credentials"] * 9)
    for _ in range(5):
        log_in(accounts, site)
    assert site.attempts == 5


def test_only_one_url_tries_until_an_attempt_was_not_refused():
    accounts, at_once, most = Accounts(), 0, []
    counting = threading.Lock()

    def attempt():
        nonlocal at_once
        with counting:
            at_once += 1
            most.append(at_once)
        threading.Event().wait(0.005)
        with counting:
            at_once -= 1
        raise LoginFailed("wrong_credentials", Reason("login_did_not_hold"), "login")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: log_in(accounts, attempt), range(6)))
    assert most == [1] * REFUSALS

"""Logging in with a form, as a test asks for it."""

import re

import pytest

from scans.login.base import Login, Method
from scans.login.logging_in import log_in, still_holds
from scans.login.outcome import LoginFailed
from scans.reasons import Reason
from scans.targets.policy import TargetPolicy
from tests.sites.guarded import LOGIN_PAGE, MEMBERS_PAGE, OPEN_PAGE, PASSWORD, USER

LOOPBACK = ("127.0.0.1",)
EVERYTHING_HERE = TargetPolicy(["127.0.0.0/8", "localhost"])
PLAIN_FORM = '<form method="post"><input name="user"><input name="password" type="password"></form>'


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
    assert failed.value.next_step == Reason(f"to_do_{failed.value.reason}")
    assert PASSWORD not in f"{failed.value} {failed.value!r} {failed.value.step}"
    return failed.value

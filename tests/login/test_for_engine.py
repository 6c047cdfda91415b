"""A login as the engine gets it: what to carry, what makes it look twice, and where."""

import re
from pathlib import Path

from scans.engines.base import HttpLogin, Job
from scans.login.base import Login, Method
from scans.login.for_engine import job_fields
from scans.login.logging_in import log_in
from scans.targets.policy import TargetPolicy
from tests.sites.guarded import LOGIN_PAGE, MEMBERS_PAGE, PASSWORD, USER, GuardedSite

LOGIN = {"method": Method.FORM, "username": USER, "password": PASSWORD}


def fields(site, **login):
    """The job fields of a login to this site."""
    made = Login(**{**LOGIN, **login})
    return job_fields(made, log_in(made, site.url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"])))


def test_a_form_login_tells_its_page_its_form_and_the_way_out():
    with GuardedSite() as site:
        told = fields(site)
    assert {cookie.name for cookie in told["session"].cookies} == {"visitor", "session"}
    assert told["http_login"] is None
    assert told["logged_out"].login_url == f"{site.url}login" and told["logged_out"].on_401
    assert re.search(told["logged_out"].pattern, LOGIN_PAGE) and not re.search(told["logged_out"].pattern, MEMBERS_PAGE)
    assert told["session_probe"].url == site.url and told["excluded"] == (f"{site.url}logout",)
    Job(url=site.url, directory=Path("/tmp/nowhere"), resolve={}, **told)


def test_the_given_pattern_of_logged_out_pages_wins():
    with GuardedSite() as site:
        assert fields(site, logged_out="Come in")["logged_out"].pattern == "Come in"


def test_a_form_that_logged_in_pages_have_too_tells_nothing():
    with GuardedSite(members_page=MEMBERS_PAGE + "<input name='password'>") as site:
        assert fields(site)["logged_out"].pattern == ""


def test_a_handshake_is_left_to_the_engine():
    with GuardedSite(scheme="Digest") as site:
        told = fields(site, method=Method.DIGEST)
    assert told["http_login"] == HttpLogin(method="digest", username=USER, password=PASSWORD)
    assert PASSWORD not in repr(told)

"""The cookies of a login in the engine: each application keeps its own."""

import pytest

from scans.engines.events import Ended, LoggedOut, Outcome
from scans.login.base import Login, Method
from scans.login.for_engine import job_fields
from scans.login.logging_in import log_in
from scans.targets.policy import TargetPolicy
from tests.engines.wapiti.driver.behind_login import found
from tests.sites.neighbours import Neighbours

pytestmark = pytest.mark.engine


def everything_written(job):
    return b"".join(path.read_bytes() for path in job.directory.rglob("*") if path.is_file())


@pytest.mark.parametrize(("first", "second"), [("/first/", "/second/"), ("/", "/second/")], ids=["beside", "inside"])
def test_an_application_beside_the_one_that_is_logged_into_keeps_its_cookie_of_the_same_name_to_itself(
    wapiti, job, start, first, second
):
    with Neighbours(first, second) as site:
        login = Login(
            method=Method.FORM, username="ada", password="x", login_url=f"{first}login", logged_in=f"{first}home"
        )
        logged_in = log_in(login, site.url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"]))
        (secret,) = site.members
        site.asked.clear()
        heard = start(wapiti, scan := job(site.url, modules=("xss", "cookieflags"), **job_fields(login, logged_in)))
        heard.until(lambda event: isinstance(event, LoggedOut | Ended))
        assert heard.to_the_end(1).outcome == Outcome.COMPLETED and not heard.of(LoggedOut)
    assert ("Reflected Cross Site Scripting", f"{site.url[:-1]}{first}hello", "name") in found(heard)
    assert site.sent_to(first) and all(values == [secret] for values in site.sent_to(first))
    asked_first, *later = site.sent_to(second)
    outer = [secret] if second.startswith(first) else []
    assert asked_first == outer and later and all(values == [*site.begun[second], *outer] for values in later)
    told = everything_written(scan) + repr(heard.events).encode()
    assert not any(value.encode() in told for value in (secret, *site.begun[second]))

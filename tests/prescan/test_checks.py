"""All checks of one target: the steps, in order, until one fails."""

import pytest

from scans.engines.base import Seed
from scans.login.base import Login, Method
from scans.prescan.checks import CheckReport, Target, check
from scans.prescan.connection import Step
from scans.reasons import Reason
from scans.statuses import UrlScanStatus
from scans.targets.policy import TargetPolicy
from tests.sites.controllable import ControllableSite

POLICY = TargetPolicy(["127.0.0.1"], own_hosts=["localhost"], own_port=8000)


@pytest.fixture
def site():
    with ControllableSite() as site:
        yield site


def steps(report: CheckReport) -> list[str]:
    return [step.name for step in report.steps if not step.reason]


def test_a_target_without_login_or_script_is_connected_to_and_that_is_all(site):
    report = check(Target(url=site.url), POLICY)
    assert report.failure is None and report.status is None and report.addresses == ("127.0.0.1",)
    assert steps(report)[-1] == "page" and report.pictures == []


def test_after_a_failed_connection_no_login_is_tried():
    login = Login(method=Method.BASIC, username="u", password="p")
    report = check(Target(url="http://127.0.0.1:9/", login=login), POLICY)
    assert (report.failure.reason, report.status) == ("connection_refused", UrlScanStatus.CONNECTION_ERROR)
    assert "login" not in [step.name for step in report.steps]


def test_a_crawl_script_that_cannot_be_read_is_its_own_error(site):
    report = check(Target(url=site.url, crawl_script="{not json"), POLICY, pictures=False)
    assert (report.failure.name, report.status) == ("crawl script", UrlScanStatus.CRAWL_SCRIPT_ERROR)
    assert report.seeds == ()


def test_a_failed_login_and_a_script_that_cannot_be_read_are_both_told(site):
    site.status = 401
    target = Target(
        url=site.url, login=Login(method=Method.BASIC, username="u", password="owls"), crawl_script="{not json"
    )
    report = check(target, POLICY, pictures=False)
    assert (report.failure.name, report.failure.reason) == ("login and crawl script", "several_reasons")
    assert report.status == UrlScanStatus.VERIFICATION_FAILED and "owls" not in str(report.failure.detail)


def test_the_time_of_steps_that_failed_together_is_added_up():
    failed = [
        Step(name, "x", Reason("login_did_not_hold"), 5, UrlScanStatus.AUTHENTICATION_ERROR) for name in ("a", "b")
    ]
    assert CheckReport(None, failed).failure.milliseconds == 10


def test_a_page_that_the_target_leads_to_is_a_seed():
    with ControllableSite(body="<meta http-equiv=refresh content='0; url=search'>") as site:
        report = check(Target(url=site.url), POLICY)
    assert report.seeds == (Seed(method="GET", url=f"{site.url}search"),)

"""Headers of every request, and left-out addresses, from the form to the engine, the monitor and the replay."""

import json

import pytest
from django.core.management import CommandError, call_command

from scans.encryption import seal
from scans.engines.events import Outcome
from scans.login.base import Login, Method
from scans.models import Analysis, TargetLogin
from scans.results import verification
from scans.statuses import UrlScanStatus as U
from scans.transitions import Access
from scans.workers import runner, setup
from scans.workers.evidence import OpenedContents
from tests import factories as make
from tests.engines.conftest import job, start, wapiti
from tests.engines.wapiti.scanning import QuickWapiti
from tests.sites.controllable import ControllableSite
from tests.sites.guarded import PASSWORD, USER, GuardedSite

__all__ = ["job", "start", "wapiti"]  # fixtures
SHOP = (
    "<h1>Shop</h1><a href='/search?q=owl'>Search</a> <a href='/?do=harden'>Harden</a> <a href='/logout'>Out</a>"
    "<form method=post action='/item/delete'><input name=id value=5></form> <a href='/go?to=/redirected/out'>Go</a>"
)
SECRET = "owl-7f3a-secret"
HEADERS = f"X-Scan-Id: {SECRET}\nUser-Agent: scanner-of-ours"


@pytest.fixture
def shop():
    with ControllableSite(body=SHOP) as site:
        yield site


def submitted(site, engine, *more, **typed):
    """The scan of the site's URL, of an analysis that was submitted by the command with `more` and set up."""
    flags = [f"--{name.replace('_', '-')}={value}" for name, values in typed.items() for value in values]
    call_command("submit", "--name=Shop", site.url, *more, *flags)
    analysis = Analysis.objects.get()
    setup.set_up(analysis, engine)
    return analysis.url_scans.get(url=site.url)


def scanned(scan, engine):
    runner.run(scan.pk, holder="worker", engine=engine)
    return make.fresh(scan)


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_left_out_addresses_are_never_asked_for_and_listed_while_all_else_is_scanned(shop, wapiti):
    patterns = ["/?do=*", "/redirected/*", f"{shop.url} /logout", "http://127.0.0.1:9/ /search*"]
    scan = submitted(shop, wapiti, "http://127.0.0.1:9/", leave_out=patterns, leave_out_usual=["delete"])
    scan = scanned(scan, QuickWapiti(wapiti.python))
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
    verification.verify(scan.pk, holder="verifier")
    asked = {(request.method, request.path) for request in shop.requests}
    paths = {path for _, path in asked}
    assert not [path for path in paths if path.startswith(("/?do=", "/logout", "/redirected")) or "delete" in path]
    assert scan.findings.filter(category="Reflected Cross Site Scripting", url=f"{shop.url}search").exists()
    left_out = [row for row in scan.crawled_urls.all() if row.reason.code.startswith("left_out")]
    assert {
        (row.method, row.url, row.reach, row.reason.facts["pattern"], row.reason.code[-3:]) for row in left_out
    } == {
        ("GET", f"{shop.url}?do=harden", "skipped", "/?do=*", "all"),
        ("GET", f"{shop.url}logout", "skipped", "/logout", "url"),
        ("GET", f"{shop.url}redirected/out", "skipped", "/redirected/*", "all"),
        ("POST", f"{shop.url}item/delete", "skipped", "*delete*", "all"),
        ("GET", f"{shop.url}item/delete", "skipped", "*delete*", "all"),  # the engine takes a form's target for a link
    }
    assert scan.crawled_urls.get(url=shop.url, method="GET").reach != "skipped"


@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
def test_headers_go_along_with_every_request_of_a_public_site_and_are_told_to_nobody(shop, wapiti):
    scan = submitted(shop, wapiti, header=HEADERS.splitlines())
    scan = scanned(scan, wapiti)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
    scanned_until = len(shop.requests)
    verification.verify(scan.pk, holder="verifier")
    assert len(shop.requests) > scanned_until  # findings were replayed
    without = [request.path for request in shop.requests if request.headers.get("x-scan-id") != SECRET]
    assert not without
    agents = {request.headers.get("user-agent") for request in shop.requests}
    assert "scanner-of-ours" in agents
    assert all(agent == "scanner-of-ours" or "()" in agent for agent in agents)  # shellshock's attacks stay attacks
    files = b"".join(path.read_bytes() for path in scan.directory.rglob("*") if path.is_file())
    assert SECRET.encode() not in files
    assert SECRET not in str(list(scan.analysis.activity.values())) + str(list(scan.findings.values()))


@pytest.mark.engine
@pytest.mark.process
@pytest.mark.django_db(transaction=True)
def test_a_login_form_behind_basic_authentication_and_a_user_agent_is_scanned(wapiti, tmp_path):
    login, wants = tmp_path / "login.json", {"Authorization": "Basic b3dsOm93bHM=", "User-Agent": "ticket 4711"}
    login.write_text(json.dumps({"method": "form", "username": USER, "password": PASSWORD}))
    with GuardedSite(wants=wants) as site:
        headers = [f"{name}: {value}" for name, value in wants.items()]
        scan = submitted(site, wapiti, header=headers, login=[login])
        scan = scanned(scan, QuickWapiti(wapiti.python))
        assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
        assert scan.logins_succeeded == 1 and not scan.logins_failed
        verification.verify(scan.pk, holder="verifier")
        for name, value in wants.items():
            assert {request.headers.get(name.lower()) for request in site.requests} == {value}


@pytest.mark.engine
def test_the_driver_refuses_a_header_that_leads_to_another_site(wapiti, job, start):
    with ControllableSite() as site:
        heard = start(wapiti, job(site.url, headers=(("Host", "inside.example"),)))
        ended = heard.to_the_end()
        assert ended.outcome == Outcome.TECHNICAL and "Host" in ended.reason and "inside" not in ended.reason
        assert not site.requests


@pytest.mark.parametrize("header", ["Host: inside.example", "Transfer-Encoding: chunked", "connection: close"])
@pytest.mark.django_db
def test_the_command_refuses_headers_of_the_connection(header):
    with pytest.raises(CommandError, match="headers: Line 1 gives .* cannot be given") as caught:
        call_command("submit", "--name=Shop", "http://127.0.0.1:9/", f"--header={header}")
    assert caught.value.returncode == 3 and header.partition(": ")[2] not in str(caught.value)
    assert not Analysis.objects.exists()


@pytest.mark.process  # the checks take pictures where there is a login
@pytest.mark.django_db
def test_a_login_of_old_with_such_a_header_is_refused_by_the_checks():
    login = TargetLogin.of(Login(method=Method.HEADERS, headers="Host: inside.example"))
    with ControllableSite() as site:
        analysis = make.submitted(site.url, access={site.url: Access(login=login)})
        setup.prescan(analysis)
        scan = analysis.url_scans.get()
        assert scan.status == U.AUTHENTICATION_ERROR and "Line 1 of the headers gives Host" in str(scan.reason)
        assert all(request.headers["host"] == f"127.0.0.1:{site.port}" for request in site.requests)


@pytest.mark.process
@pytest.mark.django_db
def test_a_login_page_that_is_left_out_is_not_asked_for():
    login = TargetLogin.of(Login(method=Method.FORM, username="ada", password="owls", login_url="/logout"))
    with ControllableSite() as site:
        analysis = make.submitted(site.url, left_out="/logout", access={site.url: Access(login=login)})
        setup.prescan(analysis)
        scan = analysis.url_scans.get()
        assert scan.status == U.AUTHENTICATION_ERROR and "is left out of the scan" in str(scan.reason)
        assert "/logout" not in site.paths


@pytest.mark.django_db
def test_a_redirect_to_a_left_out_address_is_not_followed():
    with ControllableSite(location="/logout") as site:
        analysis = make.submitted(site.url, left_out="/logout")
        setup.prescan(analysis)
        scan = analysis.url_scans.get()
        assert scan.status == U.VERIFICATION_FAILED and "is left out of the scan" in str(scan.reason)
        assert site.paths == ["/"]


@pytest.mark.django_db
def test_a_target_that_is_left_out_after_all_is_not_asked_for():
    with ControllableSite() as site:  # run again, perhaps, with patterns of a version that knew fewer spellings
        analysis = make.submitted(f"{site.url}a//b", left_out="/a/b")
        setup.prescan(analysis)
        scan = analysis.url_scans.get()
        assert scan.status == U.VERIFICATION_FAILED and "a//b is left out of the scan" in str(scan.reason)
        assert not site.requests


@pytest.mark.django_db
def test_headers_of_old_that_are_refused_today_keep_the_scan_from_being_set_up():
    analysis = make.submitted(headers={"Content_Length": seal("5")})
    setup.openable(analysis, OpenedContents())
    scan = analysis.url_scans.get()
    assert scan.status == U.SUBMIT_FAILED and "Content_Length belongs to the connection" in str(scan.reason)


@pytest.mark.django_db
def test_a_public_site_that_wants_a_header_needs_no_proof():
    with GuardedSite(wants={"X-Scan-Id": "ticket-4711"}, open=True) as site:
        analysis = make.submitted(site.url, headers={f"{site.url} X-Scan-Id": seal("ticket-4711")})
        setup.prescan(analysis)
        assert analysis.url_scans.get().status == U.SUBMITTED, analysis.url_scans.get().reason


@pytest.mark.django_db
def test_headers_that_no_key_opens_keep_the_scan_from_being_set_up(settings):
    analysis = make.submitted(headers={"X-Scan-Id": seal("owl")})
    settings.SCANS_SECRET_KEYS = ["another key that is long enough for this"]
    setup.openable(analysis, OpenedContents())
    assert analysis.url_scans.get().status == U.SUBMIT_FAILED

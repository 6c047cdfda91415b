"""Scanning behind a login, all parts together: real site, engine and browser, and no secret anywhere in clear."""

import json
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from scans import transitions
from scans.engines.events import FindingReported, Progress, Started
from scans.login import session_keeper
from scans.login.base import Login, Method
from scans.maintenance import removal
from scans.models import Actor, CrawlScript, TargetLogin
from scans.prescan import accounts
from scans.results import verification
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from scans.transitions import Access
from scans.workers import runner, setup
from tests import factories as make
from tests.engines.fake.adapter import FakeEngine
from tests.engines.wapiti.scanning import QuickWapiti
from tests.sites.guarded import PASSWORD, USER, GuardedSite

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]
MEMBERS = (
    "<!doctype html><title>Owls</title><p>Hello <b>Alice</b>. <a href='/nest?egg=1'>Nest</a>"
    " <a href='/logout'>Log out</a></p>"
)


@pytest.fixture(autouse=True)
def _at_once(settings, request):
    settings.SCANS_SECONDS_BETWEEN_LOGINS = 0
    settings.SCANS_REPLAYS_PER_SECOND = 0
    if not {"browser", "engine"} & request.keywords.keys():
        settings.SCANS_CHROMIUM = ""  # pictures take a while


@pytest.fixture
def site():
    with GuardedSite(members_page=MEMBERS, same_browser=True) as site:
        yield site


@pytest.fixture
def wapiti():
    return QuickWapiti(settings.SCANS_ENGINE_PYTHON)


def form_login(**values) -> Login:
    return Login(**{"method": Method.FORM, "username": USER, "password": PASSWORD, **values})


def script(site, *commands) -> str:
    """A recording as Selenium IDE 3 writes it."""
    steps = [
        {"id": str(number), "comment": "", "command": command, "target": target, "targets": [], "value": value}
        for number, (command, target, value) in enumerate(commands)
    ]
    test = {"id": "t", "name": "walk", "commands": steps}
    return json.dumps({"id": "p", "version": "2.0", "name": "p", "url": site.url, "tests": [test], "suites": []})


def submitted(site, engine, login=None, crawl_script=None):
    """The one URL scan of an analysis that a worker has set up."""
    walk = crawl_script and CrawlScript.of("walk.side", crawl_script)
    access = Access(login=login and TargetLogin.of(login), crawl_script=walk)
    analysis = make.submitted(site.url, access={site.url: access})
    setup.set_up(analysis, engine)
    return analysis.url_scans.get()


def run(scan, engine):
    runner.run(scan.pk, holder="worker", engine=engine)
    return make.fresh(scan)


def logged_out_engine(times):
    answered = Progress(phase="attack", requests=9, responses={"2xx": 9}, urls_crawled=3)
    finding = FindingReported(
        category="XSS", severity="medium", method="GET", url="http://127.0.0.1/", parameter="q", module="xss",
        info="reflected", http_request="GET / HTTP/1.1\nhost: 127.0.0.1\n\n",
    )  # fmt: skip
    return FakeEngine([Started(engine="Fake", version="1"), finding, answered, {"do": "lose_login", "times": times}])


@pytest.mark.engine
def test_a_scan_behind_a_form_login_reaches_what_members_see_and_keeps_the_secret(site, wapiti):
    scan = submitted(site, wapiti, form_login())
    assert scan.status == U.QUEUED, scan.reason
    assert list(scan.checks.values_list("step", "passed"))[-1] == ("login", True)
    with watched_processes() as told_to_processes:
        scan = run(scan, wapiti)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
    assert scan.logins_succeeded == 1 and scan.logins_failed == 0
    nest = [request for request in site.requests if request.path.startswith("/nest")]
    assert nest and all("session=" in request.headers.get("cookie", "") for request in nest)
    verification.verify(scan.pk, holder="verifier")
    assert make.fresh(scan).status == U.COMPLETED_RESULTS_AVAILABLE
    in_clear = everything_written(scan) + told_to_processes()
    assert "driver.py" in in_clear
    for secret in (PASSWORD, *site.sessions):
        assert secret not in in_clear


@pytest.mark.engine
@pytest.mark.parametrize("lets_in_again", [True, False])
def test_a_login_that_ends_without_a_word_is_made_again_or_ends_the_scan(site, wapiti, lets_in_again, monkeypatch):
    monkeypatch.setattr(session_keeper, "TOLERATED", 3)
    site.open = True  # strangers are shown a page with 200, whatever they ask for
    site.members_page = MEMBERS.replace("<p>", "<a href='/yard'>Yard</a><p>")

    def forget():
        del site.pages["/yard"]
        site.sessions.clear()
        site.keeps_login = lets_in_again
        return "<p>Nobody here.</p>"

    scan = submitted(site, wapiti, form_login())
    site.pages["/yard"] = forget
    scan = run(scan, wapiti)
    if lets_in_again:
        assert scan.status == U.COMPLETED_VERIFYING_RESULTS and scan.logins_succeeded == 2, scan.reason
        assert any(request.path.startswith("/nest") and signed_in(site, request) for request in site.requests)
    else:
        assert scan.status == U.KILLED_VERIFYING_PARTIAL_RESULTS and "logins in a row failed" in str(scan.reason)
        assert "nothing said so" in (scan.directory / "engine.log").read_text()


def signed_in(site, request):
    return any(f"session={session}" in request.headers.get("cookie", "") for session in site.sessions)


@contextmanager
def watched_processes():
    """Gives what /proc told, meanwhile, of every process: its command line and its environment."""
    seen, over = set(), threading.Event()

    def look():
        while not over.wait(0.2):
            for entry in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    with suppress(OSError):
                        seen.add((entry / name).read_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    yield lambda: b"".join(seen).decode(errors="replace")
    over.set()
    thread.join()


def everything_written(scan) -> str:
    """Database, disk, pages and exports: all that the product says about a scan."""
    client = Client()
    client.force_login(make.user("Reviewer"))
    pages = ["", "findings/", "log/", "configuration/"]
    answers = [client.get(scan.get_absolute_url() + page) for page in pages]
    answers += [client.get(finding.get_absolute_url()) for finding in scan.findings.all()]
    answers.append(client.get(f"/analyses/{scan.analysis_id}/activity-log.csv"))
    texts = [b"".join(answer).decode() if answer.streaming else answer.content.decode() for answer in answers]
    dump = Path(settings.VAR_DIR) / "dump.json"
    call_command("dumpdata", output=str(dump))
    files = [path for path in Path(settings.VAR_DIR).rglob("*") if path.is_file() and "secret" not in path.name]
    return "".join(texts) + "".join(path.read_bytes().decode(errors="replace") for path in files)


def test_a_wrong_password_ends_the_url_in_the_prescan(site):
    scan = submitted(site, FakeEngine(), form_login(password="wrong"))
    assert scan.status == U.AUTHENTICATION_ERROR and "wrong" not in str(scan.reason)
    assert scan.checks.last().reason == "not_let_in"
    assert make.fresh(scan.analysis).status == A.ALL_VERIFICATIONS_FAILED


@pytest.mark.browser
def test_what_the_site_answered_to_a_wrong_password_is_shown_and_not_asked_for_again(site):
    scan = submitted(site, FakeEngine(), form_login(password="wrong"))
    assert set(scan.screenshots.values_list("shows", flat=True)) == {"target", "failure"}
    assert len(site.attempts) == 1


def test_a_wrong_password_is_not_tried_for_each_of_many_urls(site):
    login = TargetLogin.of(form_login(password="wrong"))
    urls = [f"{site.url}?page={number}" for number in range(8)]
    analysis = make.submitted(*urls, access=dict.fromkeys(urls, Access(login=login)))
    setup.set_up(analysis, FakeEngine())
    assert len(site.attempts) == accounts.REFUSALS
    assert set(analysis.url_scans.values_list("status", flat=True)) == {U.AUTHENTICATION_ERROR}
    assert analysis.url_scans.filter(reason__contains="refused_too_often").count() == 8 - accounts.REFUSALS


def test_several_reasons_at_once_are_a_failed_verification(site):
    scan = submitted(site, FakeEngine(), form_login(password="wrong"), crawl_script="{not json")
    assert scan.status == U.VERIFICATION_FAILED
    assert list(scan.checks.exclude(reason="").values_list("step", "reason")) == [
        ("login", "not_let_in"),
        ("crawl script", "script_malformed"),
    ]
    assert "asks for the login again" in str(scan.reason) and "JSON" in str(scan.reason)


def test_a_missing_proof_text_is_a_failed_verification(site):
    scan = submitted(site, FakeEngine(), form_login(logged_in="Welcome, administrator"))
    assert scan.status == U.VERIFICATION_FAILED and scan.checks.last().reason == "verification_text_missing"


def test_a_malformed_crawl_script_is_a_crawl_script_error(site):
    site.open = True
    scan = submitted(site, FakeEngine(), crawl_script="{not json")
    assert scan.status == U.CRAWL_SCRIPT_ERROR and scan.checks.last().reason == "script_malformed"


@pytest.mark.browser
def test_a_crawl_script_that_fails_in_the_browser_names_its_line_and_shows_the_failure(site):
    site.open = True
    walk = script(site, ("open", "/", ""), ("click", "linkText=Nowhere", ""))
    scan = submitted(site, FakeEngine(), crawl_script=walk)
    assert scan.status == U.CRAWL_SCRIPT_ERROR and "Command 2, click" in str(scan.reason)
    picture = scan.screenshots.get(shows="failure")
    with picture.image.open() as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
    client = Client()
    client.force_login(make.user("Viewer"))
    address = f"{scan.get_absolute_url()}screenshots/{picture.pk}/"
    assert address in client.get(scan.get_absolute_url()).content.decode()
    assert client.get(address)["Content-Type"] == "image/png"
    path = Path(picture.image.path)
    transitions.delete(make.fresh(scan.analysis), by=Actor.COMMAND)
    removal.remove(make.fresh(scan.analysis))
    assert not path.exists()


@pytest.mark.browser
@pytest.mark.engine
def test_a_login_script_logs_in_and_a_crawl_script_leads_to_hidden_pages(site, wapiti):
    site.pages |= {"/hidden": "<p>hidden</p>", "/favicon.ico": ""}
    password = "css=[name=token] ~ [type=password]"
    typed = (("type", "name=user", USER), ("type", password, PASSWORD))
    login_script = script(site, ("open", "/login", ""), *typed, ("click", "name=go", ""))
    walk = script(site, ("open", "/", ""), ("open", "/hidden?by=clicks", ""))
    login = Login(method=Method.SCRIPT, login_script=login_script, logged_in="Alice")
    scan = submitted(site, wapiti, login, walk)
    assert scan.status == U.QUEUED, scan.reason
    assert {"target", "logged_in", "crawled"} <= set(scan.screenshots.values_list("shows", flat=True))
    scan = run(scan, wapiti)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS, scan.reason
    assert any(request.path == "/hidden?by=clicks" for request in site.requests)
    assert any(request.path.startswith("/nest") for request in site.requests)


@pytest.mark.browser
def test_more_than_50_failed_logins_in_a_row_kill_the_scan_and_keep_its_findings(site):
    engine = logged_out_engine(times=1)
    scan = submitted(site, engine, form_login())
    transitions_seen = []

    class Locking(FakeEngine):
        """The account stops working once the scan runs."""

        def start(self, job):
            site.takes_post = True
            site.refused = (200, "<p>Wrong password</p>")
            site.sessions.clear()
            site.keeps_login = False
            transitions_seen.append(job.session)
            return super().start(job)

    scan = run(scan, Locking(engine.script))
    assert scan.status == U.KILLED_VERIFYING_PARTIAL_RESULTS, scan.reason
    assert scan.logins_failed == 51 and "51 logins in a row failed" in str(scan.reason)
    assert scan.findings.count() == 1 and transitions_seen[0].cookies
    assert scan.screenshots.filter(shows="failure").exists()
    verification.verify(scan.pk, holder="verifier")
    scan = make.fresh(scan)
    assert scan.status == U.KILLED_PARTIAL_RESULTS_AVAILABLE
    assert "login is lost" in str(scan.findings.get().replay_reason)
    told = scan.activity.filter(action="url_scan.login_failed")
    assert "asks for the login again" in str(told.get().reason)  # once for all 51


def test_a_login_that_works_again_goes_on(site, monkeypatch):
    engine = FakeEngine([*logged_out_engine(times=2).script, {"do": "run", "seconds": 0.5}])
    scan = run(submitted(site, engine, form_login()), engine)
    assert scan.logins_succeeded == 3 and scan.logins_failed == 1  # the second came too soon after the first


def test_logins_that_fail_since_the_site_is_gone_do_not_say_that_the_account_is_at_fault(site):
    class Dying(FakeEngine):
        """The site goes once the scan runs, and is asked for logins faster than our own eyes look."""

        def start(self, job):
            site.__exit__()
            return super().start(job)

    engine = logged_out_engine(times=1)
    scan = run(submitted(site, engine, form_login()), Dying(engine.script))
    assert scan.status == U.SITE_UNREACHABLE_VERIFYING_RESULTS and "stopped answering" in str(scan.reason), scan.reason


def test_a_lost_key_is_submit_failed_with_a_next_step(site, settings):
    access = Access(login=TargetLogin.of(form_login()))
    analysis = make.submitted(site.url, access={site.url: access})
    settings.SCANS_SECRET_KEYS = ["another key that is long enough to be one"]
    setup.set_up(analysis, FakeEngine())
    scan = analysis.url_scans.get()
    assert scan.status == U.SUBMIT_FAILED and "SCANS_SECRET_KEYS" in str(scan.reason)
    assert make.fresh(analysis).status == A.NOT_SUBMITTED

"""A full scan by the real engine with default options: what it finds, tells and reports; and whether it can run."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest

from scans.engines.base import Job
from scans.engines.events import Ended, FindingReported, LogLine, Outcome, Progress, Started, UrlCrawled
from scans.engines.process import environment
from scans.engines.wapiti.adapter import WapitiEngine, command_line, options, scope_of
from tests.engines.conftest import Heard
from tests.engines.wapiti.scanning import identities
from tests.sites.weak import WeakSite

pytestmark = [pytest.mark.engine, pytest.mark.together("full scan")]


@pytest.fixture(scope="module")
def full_scan(wapiti, tmp_path_factory):
    """A full scan with default options, and at the same time the same command line by hand."""
    directory = tmp_path_factory.mktemp("full")
    site = WeakSite()
    try:
        job = Job(url=site.url, directory=directory / "driven", resolve={"127.0.0.1": ("127.0.0.1",)})
        by_hand = replace(job, directory=directory / "by hand")
        by_hand.directory.mkdir()
        hand = subprocess.Popen(
            command_line(by_hand, wapiti.python),
            env=environment(by_hand.directory),
            stdout=subprocess.DEVNULL,
        )
        heard = Heard(wapiti.start(job))
        heard.to_the_end(90)
        assert hand.wait(60) == 0
        yield SimpleNamespace(
            site=site,
            heard=heard,
            live=heard.of(FindingReported),
            report=wapiti.read_report(job.directory),
            by_hand=wapiti.read_report(by_hand.directory),
        )
    finally:
        site.stop()
        heard.run.end(0)
        hand.kill()


def test_a_full_scan_completes_and_finds_the_weaknesses(full_scan):
    assert full_scan.heard.events[-1] == Ended(outcome=Outcome.COMPLETED)
    assert {(finding.category, finding.parameter) for finding in full_scan.live} >= {
        ("Reflected Cross Site Scripting", "q"),
        ("SQL Injection", "id"),
        ("Cross Site Request Forgery", ""),
        ("Content Security Policy Configuration", ""),
        ("Clickjacking Protection", ""),
        ("HttpOnly Flag cookie", ""),
    }


def test_a_scan_finds_what_the_command_line_by_hand_finds_with_as_many_requests(full_scan):
    assert identities(full_scan.by_hand.findings) == identities(full_scan.live)
    assert full_scan.by_hand.urls_crawled == full_scan.report.urls_crawled
    driven = full_scan.heard.of(Progress)[-1].requests  # the last one tells the final counts
    by_hand = len(full_scan.site.asked) - driven
    # Some modules ask more or less as the order of the crawl happens to be; suspected pages are asked for again.
    assert 0.9 < driven / by_hand < 1.15


def test_a_finding_comes_live_with_its_evidence(full_scan):
    injection = next(finding for finding in full_scan.live if finding.category == "SQL Injection")
    assert injection.url == f"{full_scan.site.url}item"
    assert injection.severity == "critical"
    assert injection.cwe == (89,)
    assert injection.wstg == ("WSTG-INPV-05",)
    assert injection.evidence_status == 200
    assert ("server", full_scan.site.software) in injection.evidence_headers
    assert "error in your SQL syntax" in injection.evidence_body
    assert injection.description and injection.solution and injection.references


def test_the_report_has_the_findings_that_came_live_to_the_letter(full_scan):
    no_evidence = {"evidence_status": 0, "evidence_headers": (), "evidence_body": ""}
    assert {replace(finding, **no_evidence) for finding in full_scan.live} == set(full_scan.report.findings)


def test_events_tell_the_course_of_a_scan(full_scan, wapiti):
    heard, url = full_scan.heard, full_scan.site.url
    assert heard.of(Started) == [Started(engine="Wapiti", version=wapiti.preflight().version)]
    assert UrlCrawled(method="GET", url=url, status=200) in heard.of(UrlCrawled)
    assert UrlCrawled(method="POST", url=f"{url}notes", status=200) in heard.of(UrlCrawled)
    assert any("Launching module sql" in line.text for line in heard.of(LogLine))
    progress = heard.of(Progress)
    counts = [one.requests for one in progress]
    assert counts == sorted(counts) and counts[-1] > 100
    assert progress[-1].responses["2xx"] > 100
    assert progress[-1].memory_bytes > 50 * 1024**2
    assert progress[-1].modules_done > 10


@pytest.mark.parametrize(("verify", "option"), [(True, "1"), (False, "0")])
def test_the_certificate_is_verified_as_the_job_says(verify, option, tmp_path):
    given = options(Job(url="https://127.0.0.1:9/", directory=tmp_path, resolve={}, tls_verify=verify))
    assert given[given.index("--verify-ssl") + 1] == option


def test_preflight_says_what_is_wrong(tmp_path):
    missing = WapitiEngine(tmp_path / "python").preflight()
    assert not missing.ok and missing.problem == "engine_not_installed"
    assert missing.facts == {"path": str(tmp_path / "python")}
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'library is missing' >&2; exit 1\n")
    broken.chmod(0o755)
    assert WapitiEngine(broken).preflight().facts == {"error": "library is missing"}


@pytest.mark.parametrize(
    ("url", "scope"),
    [
        ("http://h", "http://h/"),
        ("http://h/app/", "http://h/app/"),
        ("http://h/app/index.php?a=1", "http://h/app/"),
        ("http://h/app?a=1", "http://h/app"),
        ("https://[::1]:8443/x.y", "https://[::1]:8443/"),
    ],
)
def test_the_scope_is_the_folder_of_the_target(url, scope):
    assert scope_of(url) == scope

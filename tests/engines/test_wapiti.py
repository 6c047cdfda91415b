"""The real engine against small weak sites: what it finds, and every way to steer and to lose it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from scans.engines.base import (
    AddressSeen,
    Command,
    Ended,
    FindingReported,
    Job,
    LogLine,
    Outcome,
    Progress,
    Reach,
    ReportError,
    Started,
    UrlCrawled,
    identity,
)
from scans.engines.process import environment
from scans.engines.wapiti.adapter import WapitiEngine, command_line, scope_of
from tests.engines.conftest import Heard
from tests.engines.weak_site import WeakSite

pytestmark = pytest.mark.engine

SOON = 4  # seconds; who waits for a lock on Wapiti's session waits for 5
QUICK = ("csp", "http_headers", "sql", "xss")
QUICK_FINDS = {
    "Clickjacking Protection",
    "Content Security Policy Configuration",
    "MIME Type Confusion",
    "Reflected Cross Site Scripting",
    "SQL Injection",
}


def in_attack(event) -> bool:
    return isinstance(event, Progress) and event.phase == "attack"


def identities(findings) -> set[str]:
    return {identity(finding) for finding in findings}


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
    assert 0.9 < driven / by_hand < 1.1  # some modules ask more or less as the crawl's order happens to be


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


def test_pause_holds_requests_still_and_resume_goes_on(wapiti, weak_site, start, job):
    site = weak_site(delay=0.03)
    heard = start(wapiti, job(site.url, modules=QUICK))
    heard.until(in_attack)
    heard.run.send(Command.PAUSE)
    heard.until(lambda event: isinstance(event, Progress) and event.paused)
    moment = time.monotonic()
    time.sleep(1.5)
    assert site.asked_since(moment) == []
    heard.until(lambda event: isinstance(event, Progress) and event.paused)  # it says so, over and over
    heard.run.send(Command.RESUME)
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert site.asked_since(moment)


def test_stop_and_expire_in_the_attack_keep_results(wapiti, weak_site, start, job, tmp_path):
    site = weak_site(delay=0.05)
    wanted = {Command.STOP: Outcome.STOPPED, Command.EXPIRE: Outcome.EXPIRED}
    runs = {command: start(wapiti, job(site.url, directory=tmp_path / command)) for command in wanted}
    for command, heard in runs.items():
        heard.until(lambda event: isinstance(event, FindingReported))
        heard.run.send(command)
        began = time.monotonic()
        assert heard.to_the_end().outcome == wanted[command]
        assert time.monotonic() - began < SOON
    kept = wapiti.read_report(tmp_path / Command.STOP).findings
    assert identities(kept) == identities(runs[Command.STOP].of(FindingReported))
    assert (tmp_path / Command.EXPIRE / "session").exists()  # for another run to go on from, instead of a report


def test_stop_works_while_paused_and_in_the_crawl(wapiti, weak_site, start, job):
    site = weak_site(pages=300, delay=0.2)
    heard = start(wapiti, job(site.url, modules=QUICK))
    heard.until(lambda event: isinstance(event, UrlCrawled))
    heard.run.send(Command.PAUSE)
    heard.until(lambda event: isinstance(event, Progress) and event.paused)
    heard.run.send(Command.STOP)
    began = time.monotonic()
    assert heard.to_the_end().outcome == Outcome.STOPPED
    assert time.monotonic() - began < SOON
    assert wapiti.read_report(job().directory).urls_crawled > 0


@pytest.mark.parametrize("phase", ["crawl", "attack"])
def test_a_checkpoint_is_gone_on_from_in_a_new_process(wapiti, weak_site, start, job, phase):
    site = weak_site(pages=60, delay=0.02)
    first = start(wapiti, job(site.url, modules=QUICK))
    if phase == "crawl":
        first.until(lambda event: isinstance(event, UrlCrawled) and "/page/" in event.url)
    else:
        first.until(lambda event: isinstance(event, FindingReported) and event.module == "sql")
    first.run.send(Command.CHECKPOINT)
    assert first.to_the_end().outcome == Outcome.CHECKPOINTED
    with pytest.raises(ReportError, match="missing"):
        wapiti.read_report(job().directory)

    second = start(wapiti, job(site.url, modules=QUICK))
    assert second.to_the_end() == Ended(outcome=Outcome.COMPLETED)
    assert second.of(Started)[0].resumed
    found = wapiti.read_report(job().directory).findings
    assert {finding.category for finding in found} == QUICK_FINDS
    assert identities(second.of(FindingReported)) == identities(found)
    crawled = {event.url for heard in (first, second) for event in heard.of(UrlCrawled)}
    assert crawled >= {f"{site.url}page/{number}" for number in range(60)}
    twice = {event.url for event in first.of(UrlCrawled)} & {event.url for event in second.of(UrlCrawled)}
    assert not {url for url in twice if "/page/" in url}  # what was crawled before is not crawled again


def test_a_site_that_goes_away_is_unreachable_and_results_are_kept(wapiti, weak_site, start, job, tmp_path):
    moments = {
        "in the attack": lambda event: isinstance(event, FindingReported),
        "in the crawl": lambda event: isinstance(event, UrlCrawled),
        "at the start": lambda event: isinstance(event, Started),
    }
    runs = []
    for moment, told in moments.items():
        site = weak_site(delay=0.01)
        if moment == "at the start":
            site.stop()
        runs.append((moment, told, site, start(wapiti, job(site.url, directory=tmp_path / moment))))
    for _, told, site, heard in runs:
        heard.until(told)
        site.stop()
    for moment, _, _, heard in runs:
        ended = heard.to_the_end()
        assert (moment, ended.outcome) == (moment, Outcome.UNREACHABLE)
        assert "answer" in ended.reason
        assert heard.of(Progress)[-1].network_errors > 0
    assert wapiti.read_report(tmp_path / "in the attack").findings


def test_a_site_that_cuts_half_of_all_connections_is_not_unreachable(wapiti, weak_site, start, job):
    site = weak_site(delay=0.02)
    heard = start(wapiti, job(site.url, modules=("sql", "xss")))
    heard.until(lambda event: isinstance(event, LogLine) and "module sql" in event.text)
    site.hang_up = 0.5
    assert heard.to_the_end() == Ended(outcome=Outcome.COMPLETED)
    assert heard.of(Progress)[-1].network_errors > 5


def test_kill_9_is_a_crash_with_the_findings_delivered_and_can_be_gone_on_from(wapiti, weak_site, start, job):
    site = weak_site(delay=0.02)
    heard = start(wapiti, job(site.url, modules=QUICK))
    first = heard.until(lambda event: isinstance(event, FindingReported))
    os.kill(heard.run.pid, signal.SIGKILL)
    assert heard.to_the_end().outcome == Outcome.CRASHED
    with pytest.raises(ReportError):
        wapiti.read_report(job().directory)
    again = start(wapiti, job(site.url, modules=QUICK))
    assert again.to_the_end().outcome == Outcome.COMPLETED
    assert identity(first) in identities(again.of(FindingReported))


def test_a_crawl_that_was_killed_begins_again(wapiti, weak_site, start, job):
    site = weak_site(pages=250, delay=0.05)
    heard = start(wapiti, job(site.url, modules=("csp",)))
    heard.until(lambda event: isinstance(event, UrlCrawled) and "/page/" in event.url)
    while len(heard.of(UrlCrawled)) < 130:  # Wapiti stores a hundred at a time
        heard.until(lambda event: isinstance(event, UrlCrawled))
    os.kill(heard.run.pid, signal.SIGKILL)
    heard.to_the_end()
    site.delay = 0
    again = start(wapiti, job(site.url, modules=("csp",)))
    assert again.to_the_end() == Ended(outcome=Outcome.COMPLETED)
    assert not again.of(Started)[0].resumed
    assert len({event.url for event in again.of(UrlCrawled)}) >= 250


def test_the_engine_ends_at_once_when_its_worker_is_gone(wapiti, weak_site, start, job):
    site = weak_site(delay=0.02)
    heard = start(wapiti, job(site.url))
    heard.until(in_attack)
    heard.run._process.stdin.close()  # what the end of our process does
    assert heard.to_the_end().outcome == Outcome.ORPHANED


def test_no_request_leaves_for_another_host_or_port(wapiti, weak_site, start, job):
    other = weak_site()
    by_name = other.url.replace("127.0.0.1", "localhost")
    site = weak_site(links=(other.url, by_name), redirect_to=other.url)
    heard = start(wapiti, job(site.url, modules=("redirect", "xss")))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert other.asked == []


def test_names_resolve_only_to_the_addresses_in_the_job(wapiti, weak_site, start, job, tmp_path):
    site = weak_site()
    url = site.url.replace("127.0.0.1", "weak.example")
    pinned = replace(job(url, modules=("csp",)), resolve={"weak.example": ("127.0.0.1",)})
    pinned_run = start(wapiti, pinned)
    unknown = job(site.url.replace("127.0.0.1", "localhost"), directory=tmp_path / "unknown")
    unknown_run = start(wapiti, unknown)
    assert pinned_run.to_the_end().outcome == Outcome.COMPLETED
    asked = len(site.asked)
    assert asked > 5
    assert unknown_run.to_the_end().outcome == Outcome.UNREACHABLE
    assert len(site.asked) == asked


def test_a_budget_of_requests_is_kept(wapiti, weak_site, start, job):
    site = weak_site()
    heard = start(wapiti, job(site.url, max_requests=50))
    assert heard.to_the_end().outcome == Outcome.BUDGET_USED_UP
    assert len(site.asked) == 50
    wapiti.read_report(job().directory)


def test_a_rate_of_requests_is_kept(wapiti, weak_site, start, job):
    site = weak_site()
    heard = start(wapiti, job(site.url, modules=("csp",), requests_per_second=5))
    heard.to_the_end()
    times = [when for when, _ in site.asked]
    assert (len(times) - 1) / (times[-1] - times[0]) < 5.5


def test_too_many_findings_end_the_scan_with_what_there_is(wapiti, weak_site, start, job):
    site = weak_site()
    heard = start(wapiti, job(site.url, max_findings=3))
    assert heard.to_the_end().outcome == Outcome.TOO_MANY_FINDINGS
    assert len(heard.of(FindingReported)) == 3
    assert len(wapiti.read_report(job().directory).findings) == 3


def test_a_site_that_falls_silent_does_not_hang_the_engine(wapiti, weak_site, start, job):
    site = weak_site(pages=40, delay=0.05)
    heard = start(wapiti, job(site.url, modules=("csp", "sql"), read_timeout_seconds=0.2))
    heard.until(lambda event: isinstance(event, UrlCrawled) and "/page/" in event.url)
    site.silent = True
    assert heard.to_the_end().outcome == Outcome.UNREACHABLE


def test_an_endless_page_does_not_hold_the_scan_up(wapiti, weak_site, start, job):
    site = weak_site(links=("/endless",))
    heard = start(wapiti, job(site.url, modules=("csp",)))
    heard.until(lambda event: isinstance(event, UrlCrawled) and event.url.endswith("/notes"))
    heard.run.send(Command.STOP)
    assert heard.to_the_end().outcome == Outcome.STOPPED


def test_the_engine_has_a_memory_limit(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site(delay=0.05).url))
    heard.until(lambda event: isinstance(event, Started))
    limits = Path(f"/proc/{heard.run.pid}/limits").read_text()
    assert f"Max address space         {2 * 1024**3} " in limits


def test_too_little_memory_is_a_technical_end(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site(delay=0.1).url, memory_limit_bytes=150 * 1024**2))
    assert heard.to_the_end().outcome in (Outcome.TECHNICAL, Outcome.CRASHED)


def test_modules_that_do_not_exist_are_a_technical_end(wapiti, weak_site, start, job):
    heard = start(wapiti, job(weak_site().url, modules=("csp", "nonsense")))
    assert heard.to_the_end().outcome == Outcome.TECHNICAL


def test_preflight_says_what_is_wrong(tmp_path):
    missing = WapitiEngine(tmp_path / "python").preflight()
    assert (missing.ok, missing.remedy) == (False, "make setup")
    assert missing.problem.startswith("not installed")
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'library is missing' >&2; exit 1\n")
    broken.chmod(0o755)
    assert WapitiEngine(broken).preflight().problem == "will not start: library is missing"


def test_coverage_tells_what_was_found_attacked_skipped_and_blocked(wapiti, weak_site, job, start):
    site = weak_site(pages=2, links=("http://elsewhere.example/shop?cart=7", "/logout?all=1"))
    heard = start(wapiti, job(site.url, modules=("xss", "csp"), excluded=(f"{site.url}logout",)))
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    seen = {(event.reach, event.method, event.url.removeprefix(site.url)) for event in heard.of(AddressSeen)}
    assert seen >= {
        (Reach.FOUND, "GET", "page/1"),
        (Reach.FOUND, "POST", "notes"),
        (Reach.ATTACKED, "GET", "search"),
        (Reach.SKIPPED, "GET", "logout"),
        (Reach.BLOCKED, "GET", "http://elsewhere.example/shop"),
    }
    assert not [event for event in heard.of(AddressSeen) if "?" in event.url]
    assert all(event.reason for event in heard.of(AddressSeen) if event.reach in (Reach.SKIPPED, Reach.BLOCKED))


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


def test_a_copy_of_an_expired_scan_is_continued_to_the_full_set_of_findings(wapiti, weak_site, job, start, tmp_path):
    site = weak_site(pages=8)
    undisturbed = start(wapiti, job(site.url, directory=tmp_path / "undisturbed", modules=("xss", "csp")))
    assert undisturbed.to_the_end().outcome == Outcome.COMPLETED
    site.delay = 0.2  # so that the attack is still under way when it is seen to have begun
    expired = start(wapiti, job(site.url, modules=("xss", "csp")))
    expired.until(lambda event: isinstance(event, Progress) and event.phase == "attack")
    expired.run.send(Command.EXPIRE)
    assert expired.to_the_end().outcome == Outcome.EXPIRED
    site.delay = 0.0
    shutil.copytree(tmp_path / "scan", tmp_path / "next")
    continued = start(wapiti, job(site.url, directory=tmp_path / "next", modules=("xss", "csp")))
    assert continued.to_the_end().outcome == Outcome.COMPLETED
    assert continued.of(Started)[0].resumed
    keys = [{identity(finding) for finding in heard.of(FindingReported)} for heard in (undisturbed, continued)]
    assert keys[0] == keys[1] and keys[0]

"""One scan's course: paused, stopped, expired, killed, and continued from where it was."""

from __future__ import annotations

import os
import shutil
import signal
import time
from types import SimpleNamespace

import pytest

from scans.engines.base import Command, ReportError
from scans.engines.events import CrawlSeen, Ended, FindingReported, Outcome, Progress, Started, UrlCrawled, identity
from scans.engines.wapiti.adapter import DRIVER, MODULES
from tests.engines.wapiti.scanning import QUICK, QUICK_FINDS, identities, in_attack

pytestmark = pytest.mark.engine
SOON = 4  # seconds; who waits for a lock on Wapiti's session waits for 5


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
    assert (tmp_path / Command.EXPIRE / "session").exists()  # for another run to continue from, instead of a report


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
    # The crawl is summed up once it is over, with the pages that an earlier process saw.
    assert [seen.pages > 5 for seen in second.of(CrawlSeen)] == [True]
    assert first.of(CrawlSeen) == (second.of(CrawlSeen) if phase == "attack" else [])
    found = wapiti.read_report(job().directory).findings
    assert {finding.category for finding in found} == QUICK_FINDS
    assert identities(second.of(FindingReported)) == identities(found)
    crawled = {event.url for heard in (first, second) for event in heard.of(UrlCrawled)}
    assert crawled >= {f"{site.url}page/{number}" for number in range(60)}
    twice = {event.url for event in first.of(UrlCrawled)} & {event.url for event in second.of(UrlCrawled)}
    assert not {url for url in twice if "/page/" in url}  # what was crawled before is not crawled again


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


def test_too_many_findings_end_the_scan_with_what_there_is(wapiti, weak_site, start, job):
    site = weak_site()
    heard = start(wapiti, job(site.url, max_findings=3))
    assert heard.to_the_end().outcome == Outcome.TOO_MANY_FINDINGS
    assert len(heard.of(FindingReported)) == 3
    assert len(wapiti.read_report(job().directory).findings) == 3


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


@pytest.mark.parametrize(
    "disk", [sorted, lambda names: sorted(names, reverse=True), lambda names: sorted(names, key=hash)]
)
def test_modules_run_in_one_order_on_every_machine_whatever_order_the_disk_lists_them_in(imported_flat, disk):
    in_order = imported_flat(DRIVER.parent / "scan.py").in_order
    late = ("methods", "permanentxss", "timesql")  # with priority 6 in releases 3.2 and 3.3
    found = [SimpleNamespace(name=name, PRIORITY=6 if name in late else 5) for name in disk(MODULES)]
    names = [module.name for module in in_order(found, list(MODULES))]
    assert names == [name for name in MODULES if name not in late] + list(late)
    # The demo site's guest book keeps 300 entries: what xss wrote must be there when permanentxss reads it.
    assert names[names.index("xss") : names.index("permanentxss")] == ["xss", "xxe", "methods"]

"""Scans whose engine plays a script (engines.fake): a real process, made to do what a test needs."""

import json
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from scans import transitions
from scans.engines.events import FindingReported, Progress, Severity, Started
from scans.models import Actor, StopMode, UrlScan
from scans.statuses import UrlScanStatus as U
from scans.timing import Timing
from scans.transitions import lease
from scans.workers import runner
from tests import factories as make
from tests.engines.fake.adapter import FakeEngine
from tests.eventually import meanwhile

STARTED = Started(engine="Fake", version="1")
ANSWERED = Progress(phase="attack", requests=9, responses={"2xx": 9}, urls_crawled=3, modules_done=1, modules_total=2)
FINDING = FindingReported(
    category="XSS",
    severity=Severity.MEDIUM,
    method="GET",
    url="http://127.0.0.1/",
    parameter="q",
    module="xss",
    info="reflected",
    http_request="GET / HTTP/1.1\nhost: 127.0.0.1\n\n",
)
SECTIONS = {name: {} for name in ("classifications", "vulnerabilities", "anomalies", "additionals")}
INFOS = {"target": "http://127.0.0.1/", "version": "1", "crawled_pages_nbr": 3}
REPORT = {"do": "report", "text": json.dumps({**SECTIONS, "infos": INFOS})}

OFTEN = Timing(between_renewals=0.1, between_looks=0.2, between_looks_after_failure=0.1)
IMPATIENT = replace(OFTEN, to_obey=0.5, to_die=0.3)


def run_for(seconds):
    return {"do": "run", "seconds": seconds}


def queued(site, **fields) -> UrlScan:
    return make.started(site.url, **fields).url_scans.get()


def run(scan, *script, engine=None, timing=OFTEN) -> UrlScan:
    runner.run(scan.pk, holder="worker", engine=engine or FakeEngine(script), timing=timing)
    return make.fresh(scan)


def once(scan, status, then):
    """Do `then` to the scan in a thread as soon as it has this status; returns the thread, to be joined."""
    return meanwhile(lambda: make.fresh(scan).status == status, lambda: then(make.fresh(scan)))


def once_held(scan, then):
    """Do `then` to the scan in a thread as soon as a worker holds it; returns the thread, to be joined."""
    return meanwhile(lambda: make.fresh(scan).lease_holder, lambda: then(make.fresh(scan)))


def stop(scan):
    transitions.stop(scan, StopMode.SAVE, by=Actor.COMMAND)


def pause(scan):
    transitions.pause(scan, by=Actor.COMMAND)


def paused(scan):
    thread = once(scan, U.IN_PROGRESS, pause)
    run(scan, STARTED, FINDING, ANSWERED, run_for(30))
    thread.join()
    transitions.resume(scan, by=Actor.COMMAND)
    return scan


def note_renewals(monkeypatch, renewals):
    """Append a scan to `renewals` each time that its lease is renewed, whoever does it."""
    really_renew = transitions.renew

    def renew(scan, **progress):
        renewals.append(scan)
        return really_renew(scan, **progress)

    for module in (transitions, lease):
        monkeypatch.setattr(module, "renew", renew)


def replace_worker(scan):
    """Let its worker be lost, and another one take the scan."""
    UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    transitions.recover(make.fresh(scan))
    UrlScan.objects.filter(pk=scan.pk).update(lease_holder="another worker")

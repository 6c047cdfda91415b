"""Plain functions that make what tests need. Statuses are reached through the verbs, never set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from scans import transitions
from scans.engines.events import FindingReported, Severity
from scans.models import Actor, Analysis, UrlScan
from scans.reasons import Notice
from scans.results import findings
from scans.statuses import EndedBy, UrlScanStatus

_numbers = count(1)
WORKER = "a-worker"


def user(role: str = "Submitter", username: str = "", **fields) -> User:
    """A user with a role, or with none if `role` is empty; the password is `password`."""
    person = User.objects.create_user(username or f"{role or 'nobody'}-{next(_numbers)}", password="password", **fields)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person


def submission(*urls: str, **fields) -> transitions.Submission:
    """A submission of one URL, unless more are named."""
    fields.setdefault("name", f"Analysis {next(_numbers)}")
    fields.setdefault("duration", timedelta(hours=1))
    return transitions.Submission(urls=urls or ("http://127.0.0.1:9/",), **fields)


def submitted(*urls: str, by=Actor.COMMAND, **fields) -> Analysis:
    """A submitted analysis; its set-up waits in the task queue."""
    return transitions.submit(submission(*urls, **fields), by=by)


def scheduled(*urls: str, **fields) -> Analysis:
    """An analysis that was set up without a prescan."""
    analysis = submitted(*urls, **fields)
    transitions.schedule(analysis)
    return fresh(analysis)


def started(*urls: str, **fields) -> Analysis:
    """An analysis whose time has come: its URL scans are queued as capacity allows."""
    analysis = scheduled(*urls, **fields)
    transitions.start(analysis)
    return fresh(analysis)


def running(*urls: str, **fields) -> Analysis:
    """An analysis with an engine said to run for each queued URL scan."""
    analysis = started(*urls, **fields)
    for scan in analysis.url_scans.filter(status=UrlScanStatus.QUEUED):
        begin(scan)
    return fresh(analysis)


def begin(scan: UrlScan, holder: str = WORKER) -> UrlScan:
    """A worker takes a queued or resuming URL scan and its engine starts."""
    held = transitions.take(scan.pk, holder, among=[UrlScanStatus.QUEUED, UrlScanStatus.RESUMING])
    transitions.begin(held, engine="Fake", version="1")
    return fresh(held)


def reported(number: int = 1, severity: Severity = Severity.HIGH, **fields) -> FindingReported:
    """What an engine reports; each number is another finding."""
    values = {
        "category": "Reflected Cross Site Scripting",
        "method": "GET",
        "url": f"http://127.0.0.1:9/page{number}",
        "parameter": "q",
        "module": "xss",
        "info": f"XSS in parameter q of page{number}",
        "http_request": f"GET /page{number}?q=%3Cscript%3E HTTP/1.1\nhost: 127.0.0.1:9\n\n",
        "evidence_status": 200,
        "evidence_body": "<p><script></p>",
    }
    return FindingReported(severity=severity, **{**values, **fields})


def find(scan: UrlScan, number_of: int = 1, **fields) -> None:
    """The engine reports findings, and the runner stores them."""
    findings.store(scan, [reported(number, **fields) for number in range(1, number_of + 1)])


def noticed(notice: Notice | None = None, **fields) -> Analysis:
    """A published analysis of one URL whose scan has a notice; without a given one, that it saw one page."""
    analysis = running(**fields)
    scan = analysis.url_scans.get()
    transitions.add_notice(scan, notice or Notice("one_page", url=scan.url))
    transitions.end(scan, EndedBy.ITSELF)
    verify(fresh(scan))
    return fresh(analysis)


def ended(*urls: str, ended_by: EndedBy = EndedBy.ITSELF, number_of_findings: int = 1, **fields) -> Analysis:
    """An analysis whose scans ended like this, with findings under verification."""
    analysis = running(*urls, **fields)
    for scan in analysis.url_scans.filter(status=UrlScanStatus.IN_PROGRESS):
        if number_of_findings:
            find(scan, number_of_findings)
        transitions.end(scan, ended_by)
    return fresh(analysis)


def published(*urls: str, **fields) -> Analysis:
    """An analysis with verified and published results."""
    analysis = ended(*urls, **fields)
    for scan in UrlScan.objects.verifying().filter(analysis=analysis):
        verify(scan)
    return fresh(analysis)


def on_every_page(*pages: str, replays: tuple[tuple[str, str], ...] = (), urls: tuple[str, ...] = ()) -> Analysis:
    """A published analysis of a site that allows the same methods on each of these pages: one weakness.

    `replays` are pages with another outcome than confirmed. Each of several `urls` finds all pages.
    """
    analysis = ended(*urls, number_of_findings=0)
    values = {"category": "HTTP Methods", "module": "methods", "parameter": "", "site_wide": True}
    for scan in analysis.url_scans.all():
        for page in pages:
            url = f"http://127.0.0.1:9/{page}"
            find_one = reported(1, Severity.INFO, url=url, info=f"methods on /{page}", **values)
            findings.store(scan, [find_one])
        verify(scan)
        for page, replay in replays:
            scan.findings.filter(url__endswith=f"/{page}").update(replay=replay)
    return fresh(analysis)


def verify(scan: UrlScan) -> None:
    """Its findings were replayed, all of them said to be confirmed."""
    scan.findings.update(replay="confirmed", replay_reason="said by the test")
    counts = {"confirmed": scan.findings.count(), "not_reproduced": 0, "not_replayable": 0}
    transitions.conclude_verification(fresh(scan), counts)


def lose(scan: UrlScan) -> None:
    """Let its worker fall silent: its lease has run out, which no test can wait for."""
    UrlScan.objects.filter(pk=scan.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def carry_out(job) -> None:
    """Do all pieces that a job of the scheduler finds."""
    for piece in job():
        with transaction.atomic():
            piece()


def in_berlin(text: str) -> datetime:
    """The moment at which clocks in Berlin show this, such as `2027-03-01 07:59:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


def fresh(thing):
    """The same, as the database has it now."""
    return type(thing).objects.get(pk=thing.pk)

"""The changes that measuring makes in a database, by the product's own verbs where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from time import monotonic, perf_counter, sleep, time
from types import SimpleNamespace
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone

from scans import transitions
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.analysis_list.keyset import Position
from scans.models import ActivityLogEntry, Actor, Analysis, ScanSettings, StatusCount, StopMode, UrlScan
from scans.statuses import Phase, UrlScanStatus

ENOUGH = 30_000  # places, for everything that the measuring starts
COPY_ENTRIES = """
    INSERT INTO scans_activitylogentry
        (analysis_id, url_scan_id, at, actor, user_id, action, from_status, to_status, reason, data)
    SELECT analysis_id, url_scan_id, at, actor, user_id, action, from_status, to_status, reason, data
    FROM scans_activitylogentry WHERE analysis_id = %s ORDER BY id LIMIT %s"""


def running(analyses: int) -> dict:
    """So many analyses of one URL each, submitted, started and said to be scanned: their URL scans' ids."""
    ScanSettings.objects.update(capacity=ENOUGH)
    return {"ids": [_running_one() for _ in range(analyses)]}


def _running_one() -> int:
    name = f"Measured {uuid4().hex[:12]}"
    submission = transitions.Submission(name=name, urls=("http://127.0.0.1:9/",), duration=timedelta(hours=1))
    analysis = transitions.submit(submission, by=Actor.COMMAND)
    transitions.schedule(analysis)
    transitions.start(analysis)
    scan = analysis.url_scans.get()
    if scan.status == UrlScanStatus.QUEUED_WITH_WARNING:
        raise RuntimeError("There is no capacity left: an earlier run left analyses behind. Build the load anew.")
    held = transitions.take(scan.pk, "bench", among=[UrlScanStatus.QUEUED])
    transitions.begin(held, engine="Made up", version="1")
    return scan.pk


def progress(url_scan_id: int) -> dict:
    """The engine sent some more requests: one row of the list changes, and nothing else."""
    scan = UrlScan.objects.get(pk=url_scan_id)
    transitions.renew(scan, requests=scan.requests + 1, urls_crawled=scan.urls_crawled + 1)
    return {}


def put_away(ids: list[int]) -> dict:
    """End what `running` made and delete it: it takes no place then and shows in no list.

    Its changes of the counts per status are folded, as by a scheduler.
    """
    for scan in UrlScan.objects.filter(pk__in=ids).select_related("analysis"):
        if scan.info.phase in (Phase.WAITING, Phase.ACTIVE) and not scan.status.startswith("stopping"):
            transitions.stop(scan, StopMode.DELETE, by=Actor.COMMAND)
        if UrlScan.objects.get(pk=scan.pk).status == UrlScanStatus.STOPPING_DELETING_RESULTS:
            transitions.conclude_deletion(UrlScan.objects.get(pk=scan.pk))
        transitions.delete(Analysis.objects.get(pk=scan.analysis_id), by=Actor.COMMAND)
    StatusCount.fold_if_many()
    return {}


def a_name() -> dict:
    """The name of the analysis in the middle, which a Find for it therefore hits few of."""
    present = Analysis.objects.present()  # earlier measuring has left some that are not
    return {"name": present.order_by("pk").values_list("name", flat=True)[present.count() // 2]}


def a_page_in_the_middle() -> dict:
    """What the pager's link carries that leads on from the analysis in the middle of the list."""
    request = SimpleNamespace(user=get_user_model().objects.get(username="bench"))
    filterset = AnalysisFilterSet(QueryDict(), Analysis.objects.present(), request=request)
    present = Analysis.objects.present()
    middle = present.order_by("pk")[present.count() // 2]
    key = middle.changed_at.isoformat()
    return {"page": str(Position(filterset.slice.rows[0].segment, key, middle.pk))}


def with_urls_and_entries(urls: int, entries: int) -> dict:
    """A finished analysis with so many URL scans, its log made as long: its address."""
    analysis = Analysis.objects.filter(status="completed_results_available", urls=urls).order_by("pk").last()
    log = ActivityLogEntry.objects.filter(analysis=analysis)
    with connection.cursor() as cursor:
        while missing := max(0, entries - log.count()):
            cursor.execute(COPY_ENTRIES, [analysis.pk, missing])
    return {"path": analysis.get_absolute_url(), "entries": log.count()}


# --- Transitions, beside the bare statements that they come down to

_MOVE = "UPDATE scans_urlscan SET status = %s, status_at = %s, reason = %s WHERE id = %s AND status = %s"
_ENTRY = """
    INSERT INTO scans_activitylogentry
        (analysis_id, url_scan_id, at, actor, user_id, action, from_status, to_status, reason, data)
    VALUES (%s, %s, %s, 'command', NULL, 'url_scan.paused', %s, %s, '', '{}')"""
_ROLL_UP = "UPDATE scans_analysis SET status = %s, changed_at = %s, version = version + 1 WHERE id = %s"


def write(ids: list[int], bare: bool) -> dict:
    """Pause each, by the verb or by the bare statements: when that began and ended, and milliseconds of each."""
    scans = list(UrlScan.objects.filter(pk__in=ids).select_related("analysis"))
    took, began = [], time()
    for scan in scans:
        before = perf_counter()
        _write_bare(scan) if bare else transitions.pause(scan, by=Actor.COMMAND)
        took.append((perf_counter() - before) * 1000)
    return {"began": began, "ended": time(), "took": took}


def _write_bare(scan: UrlScan) -> None:
    """What a pause comes down to: three statements in one transaction, without the ORM; it can be done again."""
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    before, after = scan.status, "pausing" if scan.status == "in_progress" else "in_progress"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MOVE, [after, now, "", scan.pk, before])
        cursor.execute(_ENTRY, [scan.analysis_id, scan.pk, now, before, after])
        cursor.execute(_ROLL_UP, ["in_progress", now, scan.analysis_id])
    scan.status = after


def pauses_beside_bare_statements(analyses: int) -> dict:
    """Medians in milliseconds of a pause and of its bare statements, each scan by both, in turns."""
    ids = running(analyses)["ids"]
    ours, bare = [], []
    for pk in ids:
        bare += write([pk], bare=True)["took"]
        _write_bare(UrlScan.objects.get(pk=pk))  # back again
        ours += write([pk], bare=False)["took"]
    put_away(ids)
    return {"ours": median(ours), "bare": median(bare)}


# --- What a browser waits for


def scheduled_for_tomorrow() -> dict:
    """An analysis that nothing happens to before somebody acts: its id."""
    name, tomorrow = f"Measured {uuid4().hex[:12]}", timezone.now() + timedelta(days=1)
    submission = transitions.Submission(
        name=name, urls=("http://127.0.0.1:9/",), duration=timedelta(hours=1), start_at=tomorrow, prescan=False
    )
    analysis = transitions.submit(submission, by=Actor.COMMAND)
    transitions.schedule(analysis)
    return {"id": analysis.pk}


def stop(analysis_id: int) -> dict:
    """Stop one analysis, deleting its results."""
    transitions.stop_analysis(Analysis.objects.get(pk=analysis_id), StopMode.DELETE, by=Actor.COMMAND)
    return {}


def under_way() -> dict:
    """The ids of the analyses that have not ended."""
    return {"analyses": [analysis.pk for analysis in Analysis.objects.all() if not analysis.info.final]}


def stop_everything() -> dict:
    """Stop all that have not ended."""
    for pk in under_way()["analyses"]:
        stop(pk)
    return {}


def last_started() -> dict:
    """When an engine last said that it runs, in seconds since 1970; None where none did."""
    at = UrlScan.objects.aggregate(at=Max("started_at"))["at"]
    return {"at": at and at.timestamp()}


# --- Much that changes


def drive(seconds: float, a_second: float) -> dict:
    """Make so many transitions a second, one after the other, of analyses that come, run, pause and are stopped."""
    ScanSettings.objects.update(capacity=ENOUGH)
    began, done, ids = monotonic(), 0, []
    lives = _lives(ids)
    while monotonic() - began < seconds:
        next(lives)
        done += 1
        sleep(max(0, began + done / a_second - monotonic()))
    return {"done": done, "a_second": done / (monotonic() - began), "ids": ids}


def _lives(ids: list[int]) -> Iterator[None]:
    """Make one transition for each step; `ids` collects the URL scans."""
    while True:
        analysis = Analysis.objects.get(pk=scheduled_for_tomorrow()["id"])
        scan = analysis.url_scans.get()
        ids.append(scan.pk)
        yield
        transitions.start(analysis, by=Actor.COMMAND)
        yield
        held = transitions.take(scan.pk, "bench", among=[UrlScanStatus.QUEUED])
        transitions.begin(held, engine="Made up", version="1")
        yield
        transitions.pause(scan, by=Actor.COMMAND)
        yield
        transitions.confirm_pause(held)
        yield
        stop(analysis.pk)
        yield

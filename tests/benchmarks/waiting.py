"""Much that waits for the scheduler, made at once, and the scheduler's work on it."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter, process_time
from uuid import uuid4

from django.utils import timezone

from scans import transitions
from scans.models import Analysis, ScanSettings, SchedulerLead, Series, StatusCount, SystemPart, UrlScan
from scans.statuses import AnalysisStatus, UrlScanStatus
from scans.workers.leading import Scheduler

NAME, HOLDING, FILLED = "bench", 10, 15


def with_waiting(analyses: int, urls: int) -> dict:
    """Make so many analyses wait for capacity, of which some hold all slots; the worst case, one owner. Their ids."""
    ids = _analyses(analyses, AnalysisStatus.IN_PROGRESS, waiting_since=timezone.now())
    now, waits = timezone.now(), UrlScanStatus.QUEUED_WITH_WARNING
    _url_scans(ids, urls, status=waits, status_at=now, queued_at=now)
    holding = UrlScan.objects.filter(analysis__in=ids[:HOLDING], position=0)
    holding.update(status=UrlScanStatus.QUEUED, slot_since=now)
    ScanSettings.objects.update(capacity=UrlScan.objects.holding_slot().count())
    return {"ids": ids}


def fill_places() -> dict:
    """Median of the milliseconds in which one more slot is filled."""
    took = []
    for _ in range(FILLED):
        ScanSettings.objects.update(capacity=UrlScan.objects.holding_slot().count() + 1)
        began = perf_counter()
        if not transitions.admit_next():
            raise RuntimeError("Nothing got the free slot.")
        took.append((perf_counter() - began) * 1000)
    return {"ms": median(took)}


def idle_tick() -> dict:
    """Medians of the milliseconds of a tick with nothing to do: of all, and of the processor."""
    scheduler, took, used = Scheduler(NAME), [], []
    if not SchedulerLead.take(NAME):
        raise RuntimeError("Another scheduler leads in this database.")
    scheduler.tick()
    for _ in range(FILLED):
        began, began_cpu = perf_counter(), process_time()
        scheduler.tick()
        took.append((perf_counter() - began) * 1000)
        used.append((process_time() - began_cpu) * 1000)
    SchedulerLead.give_back(NAME)
    return {"ms": median(took), "cpu_ms": median(used)}


def start_together(analyses: int) -> dict:
    """Start so many analyses that are due together: seconds of the longest tick, and between two reports at most."""
    now = timezone.now()
    ids = _analyses(analyses, AnalysisStatus.SCHEDULED, start_at=now - timedelta(seconds=1))
    _url_scans(ids, 2, status=UrlScanStatus.SCHEDULED, status_at=now)
    scheduler, took, silent = Scheduler(NAME), [], []
    SchedulerLead.take(NAME)
    while Analysis.objects.filter(pk__in=ids, status=AnalysisStatus.SCHEDULED).exists():
        began = perf_counter()
        scheduler.tick()
        took.append(perf_counter() - began)
        silent.append((timezone.now() - SystemPart.objects.get(name=NAME).seen_at).total_seconds())
    SchedulerLead.give_back(NAME)
    return {"ids": ids, "longest": max(took), "silent": max(silent), "ticks": len(took)}


def put_away_waiting(ids: list[int]) -> dict:
    """End and delete all these at once, as no verb would."""
    UrlScan.objects.filter(analysis__in=ids).update(status=UrlScanStatus.STOPPED, slot_since=None)
    now = timezone.now()
    over = {"status": AnalysisStatus.STOPPED, "ended_at": now, "deleted_at": now, "waiting_since": None}
    Analysis.objects.filter(pk__in=ids).update(**over)
    StatusCount.fold_if_many()
    ScanSettings.objects.update(capacity=2)
    return {}


def _analyses(number: int, status: AnalysisStatus, **columns) -> list[int]:
    now = timezone.now()
    series = Series.objects.bulk_create(Series(name=f"Waiting {uuid4().hex}") for _ in range(number))
    facts = {"status": status, "created_at": now, "submitted_at": now, "changed_at": now, **columns}
    if status == AnalysisStatus.IN_PROGRESS:
        facts["started_at"] = now
    rows = (Analysis(series=one, name=one.name, duration=timedelta(hours=1), **facts) for one in series)
    return [row.pk for row in Analysis.objects.bulk_create(rows)]


def _url_scans(analyses: list[int], urls: int, **columns) -> None:
    UrlScan.objects.bulk_create(
        (
            UrlScan(analysis_id=pk, url=f"http://127.0.0.1:9/{number}", position=number, **columns)
            for pk in analyses
            for number in range(urls)
        ),
        batch_size=2000,
    )

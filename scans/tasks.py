"""The background tasks: each calls one function. All may safely run twice, or late."""

from functools import cache

from django.conf import settings
from django_tasks import TaskContext, task

from scans import transitions
from scans.engines.wapiti.adapter import WapitiEngine
from scans.maintenance import removal
from scans.models import Analysis, BulkAction, UrlScan
from scans.results import verification
from scans.transitions import bulk
from scans.transitions.turns import CHECKS, SCANS, zone_of
from scans.workers import runner, setup
from scans.workers.evidence import remove_files


@cache
def engine() -> WapitiEngine:
    """The engine of this installation: one object in a process, since set-up remembers that it was seen to start."""
    return WapitiEngine(settings.SCANS_ENGINE_PYTHON)


@task(queue_name=CHECKS, takes_context=True)
def set_up(context: TaskContext, analysis_id: int, spent: float = 0) -> None:
    """Set up a submitted analysis: check the engine, prescan, schedule. Its prescan has worked for `spent` seconds."""
    zone = zone_of(context.task_result.task.queue_name)
    setup.set_up(Analysis.objects.get(pk=analysis_id), engine(), spent, zone)


@task(queue_name=SCANS, takes_context=True)
def scan_url(context: TaskContext, url_scan_id: int) -> None:
    """Scan one URL."""
    runner.run(url_scan_id, holder=context.task_result.id, engine=engine())


@task(queue_name=CHECKS, takes_context=True)
def verify(context: TaskContext, url_scan_id: int, *spent: float) -> None:
    """Replay the findings of one ended URL scan. `spent` are the seconds of earlier turns: worked, and waited."""
    verification.verify(url_scan_id, holder=context.task_result.id, spent=spent)


@task(queue_name=CHECKS, takes_context=True)
def verify_again(context: TaskContext, url_scan_id: int, *spent: float) -> None:
    """Replay the findings of one URL scan that somebody asked to verify again. `spent` as for `verify`."""
    verification.verify_again(url_scan_id, holder=context.task_result.id, spent=spent)


@task(queue_name=CHECKS)
def delete_results(url_scan_id: int) -> None:
    """Delete the results of a stopped URL scan, files first, and rows a few at a time."""
    url_scan = UrlScan.objects.get(pk=url_scan_id)
    remove_files(url_scan)
    removal.remove_results(url_scan)
    transitions.conclude_deletion(url_scan)


@task(queue_name=CHECKS, priority=removal.PRIORITY)
def remove_data(analysis_id: int) -> None:
    """Remove data of an analysis that is no longer kept, and logins and scripts that nothing refers to."""
    removal.remove(Analysis.objects.get(pk=analysis_id))


@task(queue_name=CHECKS)
def carry_out_bulk(bulk_id: int) -> None:
    """Act on the next analyses of a bulk action."""
    bulk.carry_out(BulkAction.objects.get(pk=bulk_id))

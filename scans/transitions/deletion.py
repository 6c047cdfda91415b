"""Deleting an analysis, and deleting the results of a URL scan."""

from scans.database import clock
from scans.models import Actor, Analysis, AnalysisSearch, RecurringSchedule, Series, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import Action, UrlScanStatus
from scans.transitions import sealed_contents
from scans.transitions.claim import claim
from scans.transitions.core import RELEASED, By, TransitionRefused, U, move, roll_up, switch_off, verb
from scans.transitions.holder import by_holder
from scans.transitions.removal import ask_for_removal


@verb
def delete(analysis: Analysis, *, by: By, reason: Reason | str = NO_REASON) -> None:
    """Mark an ended analysis as deleted and let go of its secrets. A task removes them with the results; the log stays.

    The secrets stay while a schedule uses the analysis as its template. Deleting the last run of a series switches its
    schedule off, because no page would show it any more.
    """
    analysis = claim(analysis, Action.DELETE, by)
    if continuing := Analysis.objects.filter(continues=analysis, ended_at=None).first():
        raise TransitionRefused("sessions_in_use", analysis=analysis, run=continuing.run)
    AnalysisSearch.objects.filter(analysis=analysis).delete()
    Series.objects.select_for_update().get(pk=analysis.series_id)  # if two runs are deleted at once, one is the last
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series_id).first()
    if schedule and is_last_run(analysis):
        switch_off(schedule, analysis, by, Reason("last_run_deleted"))
        _forget_secrets(schedule.template)
    if not (schedule and schedule.template_id == analysis.pk):
        _forget_secrets(analysis)
    UrlScan.objects.filter(analysis=analysis).update(**RELEASED)  # ends a verification
    now = clock.now()
    columns = {"deleted_at": now, "ended_at": analysis.ended_at or now}
    roll_up(analysis, by, "analysis.deleted", reason=reason, columns=columns)
    ask_for_removal(analysis)


def is_last_run(analysis: Analysis) -> bool:
    """Return whether all other runs of the series are deleted."""
    return not Analysis.objects.present().filter(series=analysis.series_id).exclude(pk=analysis.pk).exists()


def _forget_secrets(analysis: Analysis) -> None:
    """Delete the headers of this analysis, and let go of its logins and crawl scripts."""
    Analysis.objects.filter(pk=analysis.pk).update(headers=None)
    sealed_contents.let_go(analysis)


@by_holder
def conclude_deletion(scan: UrlScan, *, reason: Reason = NO_REASON) -> None:
    """Delete the results of a URL scan in the database and move it to Stopped.

    Its files have to be deleted already; otherwise `reason` says why they were not. Raises LeaseLost.
    """
    if scan.status == U.STOPPING_DELETING_RESULTS:
        scan.reason = reason or scan.reason
        delete_results(scan)


def delete_results(scan: UrlScan) -> UrlScanStatus:
    """Delete the results and counts of a URL scan and move it to Stopped, which is returned."""
    scan.findings.all().delete()
    scan.checks.all().delete()
    scan.crawled_urls.all().delete()
    scan.module_errors.all().delete()
    blank = {field: UrlScan._meta.get_field(field).get_default() for field in RESULT_FIELDS}
    move(scan, U.STOPPED, "url_scan.results_deleted", Actor.WORKER, reason=scan.reason, columns={**RELEASED, **blank})
    roll_up(scan.analysis, Actor.WORKER)
    return U.STOPPED


RESULT_FIELDS = [
    *("phase", "module", "modules_done", "modules_total", "urls_crawled", "requests", "responses"),
    *("network_errors", "logins_succeeded", "logins_failed", "logins_failed_in_a_row"),
    *("findings_critical", "findings_high", "findings_medium", "findings_low", "findings_info"),
    *("verified_at", "resolved_address", "notices", "requests_refused", "pace"),
]

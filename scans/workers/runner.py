"""Scanning one URL: take the lease, check the target, start the engine, and supervise it."""

import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic

from django.conf import settings

from scans import transitions
from scans.configuration.options import default_at_once, most_at_once
from scans.configuration.secret_headers import CANNOT_BE_USED
from scans.database.patience import may_pass
from scans.engines.base import Engine, Job, NewLogin
from scans.login.for_engine import job_fields, new_login
from scans.login.logging_in import log_in
from scans.login.session_keeper import LoginKeeper
from scans.maintenance.removal import remove_results
from scans.models import AllowedTarget, Analysis, BlackoutWindow, UrlScan
from scans.prescan.checks import CheckReport, Target, check
from scans.reasons import Reason, check_name
from scans.statuses import EndedBy, UrlScanStatus
from scans.targets.monitor import SiteMonitor
from scans.targets.policy import TargetPolicy, origin
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions import run_with_lease
from scans.workers.continuing import prepared
from scans.workers.evidence import keep_checks, remove_files, target_of
from scans.workers.setup import broken
from scans.workers.supervision import Supervision, shutdown_requested, why_not_started

logger = logging.getLogger(__name__)


def run(url_scan_id: int, *, holder: str, engine: Engine, timing: Timing = DEFAULT_TIMING) -> None:
    """Scan one URL until it ends, is paused, or is left to another worker. Does nothing if it cannot be leased.

    Blocks for as long as the scan takes. An error on our side ends the scan as a technical issue; findings are kept. A
    database that fails until the lease ends is no such error: nothing is stored then, and the scan is taken up again.
    """
    scan = _take(url_scan_id, holder)
    if scan is None:
        return
    with transitions.letting_go(scan):
        _scan_or_end(scan, engine, timing)
    with transitions.letting_go(scan):
        _delete_if_asked(scan)


def _scan_or_end(scan: UrlScan, engine: Engine, timing: Timing) -> None:
    """Scan; after an error on our side, end the scan. Raises LeaseLost, and what the database raised until then."""
    try:
        _scan(scan, engine, timing)
    except transitions.LeaseLost:
        raise
    except transitions.TransitionRefused as refusal:
        logger.info("%s", refusal)  # a user paused or stopped it meanwhile
    except Exception as error:
        if may_pass(error):
            raise
        logger.exception("The scan of %s broke on our side.", scan.url)
        with suppress(transitions.TransitionRefused):  # a user stopped it meanwhile
            transitions.end(scan, EndedBy.TECHNICAL, reason=broken(error))


def _delete_if_asked(scan: UrlScan) -> None:
    """Delete the files, then the results, if a user stopped the scan and chose that. Raises LeaseLost.

    If files cannot be deleted now, a task does so once more, and later the courier of files.
    """
    now = transitions.while_held(scan, partial(UrlScan.objects.select_related("analysis").get, pk=scan.pk))
    try:
        if now.status == UrlScanStatus.STOPPED:  # before its engine ran: nobody holds it any more
            remove_files(now)
        elif now.status == UrlScanStatus.STOPPING_DELETING_RESULTS:
            remove_files(scan)
            remove_results(scan)
            transitions.conclude_deletion(scan)
    except OSError as error:
        logger.warning("The files of %s could not be deleted yet. %s", scan.url, error)
        if now.status == UrlScanStatus.STOPPED:  # otherwise the lease runs out, and the results are deleted then
            transitions.enqueue("delete_results", scan.pk, owner=now.analysis.owner_id)


def _take(url_scan_id: int, holder: str) -> UrlScan | None:
    """Lease the scan; in a blackout window pause it instead, because the scheduler may not run."""
    analysis = Analysis.objects.get(url_scans=url_scan_id)
    if until := transitions.closed_until(BlackoutWindow.for_analysis(analysis)):
        transitions.begin_blackout(analysis, until=until)
    return transitions.take(url_scan_id, holder, among=[UrlScanStatus.QUEUED, UrlScanStatus.RESUMING])


def _scan(scan: UrlScan, engine: Engine, timing: Timing) -> None:
    try:
        target = transitions.while_held(scan, partial(target_of, scan))
    except CANNOT_BE_USED as lost:
        _fail_without_key(scan, lost.why)
        return
    report = _check_patiently(scan, target, timing) if scan.started_at else _check(scan, target, timing)
    if report is None:
        transitions.leave(scan)
        return
    keep_checks(scan, report, "start")
    if report.failure:
        _fail(scan, report)
        return
    transitions.renew(scan, resolved_address=", ".join(report.addresses)[:200])
    try:
        begins_again = transitions.while_held(scan, partial(prepared, scan, timing))
    except OSError as error:
        _end_not_started(scan, engine, error, timing)
        return
    if begins_again is None:
        return
    watch = SiteMonitor(scan.url, report.addresses, timing, target.rules, report.connection.usual)
    keeper = _keeper(scan, target, report, timing)
    try:
        engine_run = engine.start(_job(scan, target, report))
    except OSError as error:
        _end_not_started(scan, engine, error, timing)
        return
    try:
        of_target = {"addresses": report.addresses, "rules": target.rules, "led_to": report.connection.led_to}
        Supervision(
            scan, engine, engine_run, watch, keeper=keeper, timing=timing, begins_again=begins_again, **of_target
        ).run()
    finally:
        watch.finish()
        keeper.finish()
        engine_run.end(0)


def _end_not_started(scan: UrlScan, engine: Engine, error: OSError, timing: Timing) -> None:
    reason = why_not_started(scan, engine, error.strerror or str(error), timing)
    transitions.end(scan, EndedBy.TECHNICAL, reason=reason)


def _fail_without_key(scan: UrlScan, reason: Reason) -> None:
    """Fail the set-up of a scan that never ran, so that it can be submitted again. End one that ran."""
    if scan.started_at is None:
        transitions.fail_set_up(scan, reason=reason)
    else:
        transitions.end(scan, EndedBy.TECHNICAL, reason=reason)


def _keeper(scan: UrlScan, target: Target, report: CheckReport, timing: Timing) -> LoginKeeper:
    policy = _policy(scan)  # here, not in the keeper's thread, which would need a connection of its own

    def log_in_again() -> NewLogin:
        return new_login(target.login, log_in(target.login, target.url, report.addresses, policy, target.rules))

    return LoginKeeper(
        log_in_again,
        succeeded=scan.logins_succeeded + (report.logged_in is not None),
        failed=scan.logins_failed,
        in_a_row=scan.logins_failed_in_a_row,
        timing=timing,
    )


def _policy(scan: UrlScan) -> TargetPolicy:
    return transitions.while_held(scan, AllowedTarget.policy)


def _check(scan: UrlScan, target: Target, timing: Timing) -> CheckReport:
    """Check the target, and keep the lease meanwhile: the checks of a slow site may take longer than a lease."""
    policy, pictures = _policy(scan), not scan.analysis.prescan
    return run_with_lease(scan, lambda: check(target, policy, pictures=pictures), timing=timing)


def _check_patiently(scan: UrlScan, target: Target, timing: Timing) -> CheckReport | None:
    """Check the target of a scan that resumes, repeatedly for a while: the site may just be restarting, too.

    Returns None if this worker is told to shut down meanwhile.
    """
    began = monotonic()
    report = _check(scan, target, timing)
    while monotonic() - began < _patience(report, timing):
        if run_with_lease(scan, lambda: shutdown_requested.wait(timing.between_checks), timing=timing):
            return None
        report = _check(scan, target, timing)
    return report


def _patience(report: CheckReport, timing: Timing) -> float:
    """Return for how many seconds a site is checked that gave no usable answer, or turns us away; otherwise 0."""
    if _refuses(report):
        return timing.for_refusals
    is_away = report.status == UrlScanStatus.CONNECTION_ERROR or (
        report.failure is not None and report.failure.reason == "login_page_unreachable"
    )
    return timing.until_site_is_back if is_away else 0


def _refuses(report: CheckReport) -> bool:
    return report.failure is not None and report.failure.reason == "refused"


def _fail(scan: UrlScan, report: CheckReport) -> None:
    """End a scan whose checks failed. The status depends on whether it has run before, and whether the site answers."""
    failure = report.failure
    if scan.started_at is None:
        transitions.fail_checks(scan, report.status, step=failure.name, reason=failure.detail)
    elif report.status == UrlScanStatus.CONNECTION_ERROR or _refuses(report):
        transitions.end(scan, EndedBy.SITE, reason=failure.detail)
    else:  # the site answers, but perhaps the password has changed, or the target is not allowed any more
        reason = Reason("check_failed", step=check_name(failure.name), error=failure.detail)
        transitions.end(scan, EndedBy.ENGINE, reason=reason)


def _job(scan: UrlScan, target: Target, report: CheckReport) -> Job:
    job = Job(
        url=scan.url,
        directory=scan.directory,
        resolve={origin(scan.url)[0]: report.addresses},
        depth=scan.analysis.depth,
        requests_per_second=settings.SCANS_REQUESTS_PER_SECOND,
        requests_at_once=min(scan.analysis.requests_at_once or default_at_once(), most_at_once()),
        seconds_to_stay=settings.SCANS_LEASE_SECONDS,
        tls_verify=settings.SCANS_TLS_VERIFY,
        seeds=report.seeds,
        headers=target.rules.headers,
        left_out=target.rules.left_out,
    )
    return replace(job, **job_fields(target.login, report.logged_in)) if report.logged_in else job

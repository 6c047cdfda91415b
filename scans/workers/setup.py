"""Setting an analysis up: test whether the engine starts, check the targets, then schedule the URL scans."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from datetime import datetime
from threading import Event, Lock

from django.conf import settings
from django.db.models import QuerySet

from scans import transitions
from scans.configuration.secret_headers import CANNOT_BE_USED
from scans.database.patience import may_pass, told_of
from scans.engines.base import Engine
from scans.models import Actor, AllowedTarget, Analysis, TargetCheck, UrlScan
from scans.prescan.accounts import Accounts
from scans.prescan.checks import LOGIN, CheckReport, Target, check
from scans.reasons import NO_REASON, Reason
from scans.statuses import UrlScanStatus
from scans.targets.policy import TargetPolicy
from scans.targets.zones import DEFAULT_ZONE
from scans.transitions import Turn
from scans.workers.evidence import OpenedContents, keep_checks, target_of
from scans.working_on import in_this_context, working_on

logger = logging.getLogger(__name__)
CHECKS_AT_A_TIME = 8
SECONDS_BETWEEN_LOOKS = 1
_one_with_a_browser = Lock()
_seen_to_start: list[Engine] = []


def set_up(analysis: Analysis, engine: Engine, spent: float = 0, zone: str = DEFAULT_ZONE) -> None:
    """Set up every URL scan of a submitted analysis; run again after a crash, it continues where it was.

    For an analysis that is saved for later, it only checks the URLs. Blocks for as long as the prescan takes, or until
    others wait for the worker: then the rest is queued. So it is for the URLs of other zones than this one. The prescan
    has worked for `spent` seconds in earlier turns. An error on our side moves the URL scans to Submit Failed, with the
    reason.
    """
    try:
        if analysis.submitted_at is None:
            prescan(analysis, spent, zone)
            return
        if (problem := why_not(engine)) and not transitions.fail_submission(analysis, reason=problem, zone=zone):
            return
        if not analysis.prescan:
            openable(analysis, OpenedContents())
        elif not prescan(analysis, spent, zone):
            return
        transitions.schedule(analysis)
        transitions.start_if_due(analysis)
    except (transitions.TransitionRefused, transitions.LeaseLost) as late:
        logger.info("%s", late)  # a user stopped or deleted it meanwhile, or it runs already
    except Exception as error:
        if may_pass(error):
            raise  # the task fails, and is carried out again
        logger.exception("Setting up %s broke on our side.", analysis)
        transitions.give_up_set_up(analysis, reason=broken(error), actor=Actor.WORKER)


def broken(error: Exception) -> Reason:
    """Return the reason for an error on our side."""
    return Reason("our_error", error=told_of(error))


def why_not(engine: Engine) -> Reason:
    """Return why the engine cannot run here, or an empty reason. An engine that could once is not tested again."""
    if engine in _seen_to_start:
        return NO_REASON
    problem = engine_problem(engine)
    if not problem:
        _seen_to_start.append(engine)
    return problem


def engine_problem(engine: Engine) -> Reason:
    """Test now whether the engine can run here. Returns why not, or an empty reason."""
    preflight = engine.preflight()
    return NO_REASON if preflight.ok else Reason(preflight.problem, engine=engine.name, **preflight.facts)


def prescan(analysis: Analysis, spent: float = 0, zone: str = DEFAULT_ZONE) -> bool:
    """Check every submitted URL of a zone, several at a time, and end those that fail.

    Continues a prescan that a crash or others' turns interrupted. Returns False if it makes way for others again, or
    for other zones.
    """
    contents = OpenedContents()
    targets = openable(analysis, contents)
    if not is_under_way(analysis):
        if not targets:
            return True
        transitions.begin_prescan(analysis)
        analysis.refresh_from_db(fields=["prescan_started_at", "prescan_ended_at"])
    turn = Turn(analysis.owner_id)
    checked = set(_checks(analysis).values_list("url_scan_id", flat=True))
    left = {scan: target for scan, target in targets.items() if scan.pk not in checked}
    here = {scan: target for scan, target in left.items() if (scan.zone or DEFAULT_ZONE) == zone}
    unchecked = _check_all(here, _accounts(analysis, contents), turn, settings.SCANS_PRESCAN_SECONDS - spent)
    unchecked |= left.keys() - here.keys()
    spent += turn.worked
    analysis.refresh_from_db(fields=["prescan_ended_at"])
    if unchecked and spent < settings.SCANS_PRESCAN_SECONDS and is_under_way(analysis):
        transitions.continue_prescan(analysis, spent, unchecked)
        return False
    _end(analysis, checked | {scan.pk for scan in left.keys() - unchecked}, len(unchecked))
    return True


def is_under_way(analysis: Analysis) -> bool:
    """Whether its prescan has begun and not ended."""
    return bool(analysis.prescan_started_at and not analysis.prescan_ended_at)


def _checks(analysis: Analysis) -> QuerySet[TargetCheck]:
    """The steps of the prescan that is under way."""
    since = {"occasion": "prescan", "at__gte": analysis.prescan_started_at}
    return TargetCheck.objects.filter(url_scan__analysis=analysis, **since)


def _accounts(analysis: Analysis, contents: OpenedContents) -> Accounts:
    """Return the accounts, with what earlier turns of this prescan saw of them."""
    accounts = Accounts()
    logins = _checks(analysis).filter(step=LOGIN, url_scan__login__isnull=False)
    for login, url, reason in logins.values_list("url_scan__login_id", "url_scan__url", "reason"):
        accounts.remember(contents.login(login), url, reason)
    return accounts


def _check_all(targets: dict[UrlScan, Target], accounts: Accounts, turn: Turn, seconds: float) -> set[UrlScan]:
    """Check the targets until others wait, the seconds are over or nobody wants it any more.

    Returns the URL scans that were not checked.
    """
    policy, is_over, unchecked = AllowedTarget.policy(), Event(), set()
    with ThreadPoolExecutor(CHECKS_AT_A_TIME) as pool, _set_at_the_end(is_over):
        checks = {
            scan: pool.submit(in_this_context(_checked), scan.pk, target, policy, accounts, is_over)
            for scan, target in targets.items()
        }
        for scan in targets:
            check, done = checks.pop(scan), False  # which holds pictures
            while not done:
                done = wait([check], timeout=SECONDS_BETWEEN_LOOKS).done
                if turn.worked > seconds or turn.is_over() or not (done or _is_wanted(scan)):
                    is_over.set()
            report = check.result()
            if report is None:
                unchecked.add(scan)
            else:
                _keep(scan, report, scan.analysis.prescan_started_at)
    return unchecked


@contextmanager
def _set_at_the_end(event: Event) -> Iterator[None]:
    """Set the event, so that after an error no further check begins."""
    try:
        yield
    finally:
        event.set()


def _is_wanted(scan: UrlScan) -> bool:
    """Whether the prescan is still under way: a user may have stopped or deleted the analysis."""
    return is_under_way(Analysis.objects.get(pk=scan.analysis_id))


@transitions.by_holder
def _keep(scan: UrlScan, report: CheckReport | Exception, began_at: datetime) -> None:
    """Store the report, and end a URL scan that failed. Does nothing if it comes too late.

    A set-up has no lease: one whose worker slept is done again by another, and may wake up. So a report counts only in
    the prescan that began at this moment, while its URL scan waits for it, and once.
    """
    is_wanted = is_under_way(scan.analysis) and scan.analysis.prescan_started_at == began_at
    if not is_wanted or scan.status != UrlScanStatus.SUBMITTED or _checks(scan.analysis).filter(url_scan=scan).exists():
        logger.info("The checks of %s come too late.", scan.url)
    elif isinstance(report, Exception):
        transitions.fail_set_up(scan, reason=broken(report))
    else:
        keep_checks(scan, report, "prescan")
        if failure := report.failure:
            transitions.fail_checks(scan, report.status, step=failure.name, reason=failure.detail)


@transitions.by_holder
def _fail_locked(scan: UrlScan, reason: Reason) -> None:
    """Fail the set-up of a URL scan whose secrets cannot be decrypted, if it still waits for it."""
    if scan.status == UrlScanStatus.SUBMITTED:
        transitions.fail_set_up(scan, reason=reason)


def _end(analysis: Analysis, checked: set[int], unchecked: int) -> None:
    """End the prescan, and say how many URLs were not checked because time was over."""
    passed = analysis.url_scans.filter(pk__in=checked, status=UrlScanStatus.SUBMITTED, reason=NO_REASON).count()
    facts = {"seconds": settings.SCANS_PRESCAN_SECONDS, "count": unchecked}
    reason = Reason("prescan_out_of_time", **facts) if unchecked else NO_REASON
    transitions.end_prescan(analysis, checked=len(checked), passed=passed, reason=reason)


def openable(analysis: Analysis, contents: OpenedContents) -> dict[UrlScan, Target]:
    """Return the submitted URL scans, each with its target. One whose secrets cannot be decrypted is Submit Failed."""
    targets = {}
    for scan in analysis.url_scans.filter(status=UrlScanStatus.SUBMITTED):
        scan.analysis = analysis
        try:
            targets[scan] = target_of(scan, contents)
        except CANNOT_BE_USED as lost:
            _fail_locked(scan, lost.why)
    return targets


def _checked(
    scan_id: int, target: Target, policy: TargetPolicy, accounts: Accounts, is_over: Event
) -> CheckReport | Exception | None:
    """Return the report of the checks; or the error on our side, which must not stop the checks of other targets.

    Returns None without a check once the turn is over. Targets that take a browser wait for each other before their
    checks begin: there is one browser, and a check that waits for it would prolong the turn.
    """
    with working_on(url_scan=scan_id), _one_with_a_browser if target.login or target.crawl_script else nullcontext():
        if is_over.is_set():
            return None
        try:
            return check(target, policy, accounts=accounts)
        except Exception as error:
            logger.exception("Checking %s broke on our side.", target.url)
            return error

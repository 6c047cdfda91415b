"""Setting an analysis up: test whether the engine starts, check the targets, then schedule the URL scans."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from scans import transitions
from scans.configuration.secret_headers import CANNOT_BE_USED
from scans.engines.base import Engine
from scans.models import AllowedTarget, Analysis, UrlScan
from scans.prescan.accounts import Accounts
from scans.prescan.checks import CheckReport, Target, check
from scans.reasons import NO_REASON, Reason
from scans.statuses import UrlScanStatus
from scans.targets.policy import TargetPolicy
from scans.workers.evidence import keep_checks, target_of

logger = logging.getLogger(__name__)
CHECKS_AT_A_TIME = 8
_seen_to_start: list[Engine] = []


def set_up(analysis: Analysis, engine: Engine) -> None:
    """Set up every URL scan of a submitted analysis; run again after a crash, it continues where it was.

    For an analysis that is saved for later, it only checks the URLs. Blocks for as long as the prescan takes. An error
    on our side moves the URL scans to Submit Failed, with the reason.
    """
    try:
        if analysis.submitted_at is None:
            prescan(analysis)
            return
        if problem := why_not(engine):
            transitions.fail_submission(analysis, reason=problem)
            return
        if analysis.prescan:
            prescan(analysis)
        else:
            openable(analysis)
        transitions.schedule(analysis)
        transitions.start_if_due(analysis)
    except transitions.TransitionRefused as refusal:
        logger.info("%s", refusal)  # a user stopped or deleted it meanwhile
    except Exception as error:
        logger.exception("Setting up %s broke on our side.", analysis)
        transitions.fail_submission(analysis, reason=broken(error))


def broken(error: Exception) -> Reason:
    """Return the reason for an error on our side."""
    return Reason("our_error", error=f"{type(error).__name__}: {error}")


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


def prescan(analysis: Analysis) -> None:
    """Check every submitted URL, several at a time, and end those that fail. Does nothing if none is left to check."""
    targets = openable(analysis)
    if not targets:
        return
    transitions.begin_prescan(analysis)
    policy, accounts = AllowedTarget.policy(), Accounts()
    passed = 0
    with ThreadPoolExecutor(CHECKS_AT_A_TIME) as pool:
        reports = pool.map(lambda target: _checked(target, policy, accounts), targets.values())
        for scan, report in zip(targets, reports, strict=True):
            if isinstance(report, Exception):
                _fail(transitions.fail_set_up, scan, reason=broken(report))
                continue
            keep_checks(scan, report, "prescan")
            passed += report.failure is None
            if failure := report.failure:
                _fail(transitions.fail_checks, scan, report.status, step=failure.name, reason=failure.detail)
    transitions.end_prescan(analysis, checked=len(targets), passed=passed)


def openable(analysis: Analysis) -> dict[UrlScan, Target]:
    """Return the submitted URL scans, each with its target. One whose secrets cannot be decrypted is Submit Failed."""
    targets = {}
    for scan in analysis.url_scans.filter(status=UrlScanStatus.SUBMITTED).select_related("login"):
        try:
            targets[scan] = target_of(scan)
        except CANNOT_BE_USED as lost:
            transitions.fail_set_up(scan, reason=lost.why)
    return targets


def _checked(target: Target, policy: TargetPolicy, accounts: Accounts) -> CheckReport | Exception:
    """Return the report of the checks; or the error on our side, which must not stop the checks of other targets."""
    try:
        return check(target, policy, accounts=accounts)
    except Exception as error:
        logger.exception("Checking %s broke on our side.", target.url)
        return error


def _fail(verb: Callable, scan: UrlScan, *arguments, **values) -> None:
    try:
        verb(scan, *arguments, **values)
    except transitions.TransitionRefused as refusal:
        logger.info("%s", refusal)  # a user stopped it meanwhile

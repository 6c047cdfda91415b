"""An analysis' status, derived from its URL scans by one pure function, `rollup`.

When URL scans ended differently, partial wins over complete, verifying over available, a user's stop over time, and
time over a technical issue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scans.severities import DISMISSED, SEVERITIES, weigh
from scans.statuses import FAILED_VERIFICATION, PUBLISHED_AS, URL_SCAN_STATUSES, EndedBy, Phase, Results, in_phase
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U

_NOT_ENDED = frozenset(in_phase(URL_SCAN_STATUSES, Phase.WAITING, Phase.ACTIVE)) - {U.SUBMIT_FAILED}
_ACTIVE = frozenset(in_phase(URL_SCAN_STATUSES, Phase.ACTIVE))
_QUEUED = frozenset({U.QUEUED, U.QUEUED_WITH_WARNING})
_HAVE_RESULTS = frozenset(code for code, status in URL_SCAN_STATUSES.items() if status.results != Results.NONE)
_COMPLETE = frozenset({U.COMPLETED_VERIFYING_RESULTS, U.COMPLETED_RESULTS_AVAILABLE})


def _ended_by(reason: EndedBy) -> frozenset[str]:
    return frozenset(code for code, status in URL_SCAN_STATUSES.items() if status.ended_by == reason)


_STOPPED_BY_USER = _ended_by(EndedBy.USER)
_ENDED_BY_DURATION = _ended_by(EndedBy.DURATION)


@dataclass(frozen=True)
class Facts:
    """The facts about the analysis itself that its status depends on."""

    submitted: bool = True
    prescanning: bool = False
    started: bool = False
    stop_mode: str = ""  # "save" or "delete" once a user stopped the whole analysis


def rollup(url_scan_statuses: Iterable[str], facts: Facts) -> A:
    """Return the status of an analysis, given its facts and its URL scans' statuses.

    Raises ValueError without any URL scan; every other combination has a status.
    """
    statuses = frozenset(url_scan_statuses)
    if not statuses:
        raise ValueError("An analysis without URL scans has no status.")
    if statuses <= {U.SUBMIT_FAILED}:
        return A.NOT_SUBMITTED
    if not facts.submitted and statuses & _NOT_ENDED:
        return A.PRESCANNING if facts.prescanning else A.SAVED_FOR_LATER
    if statuses & _NOT_ENDED:
        return _while_under_way(statuses, facts)
    if statuses & _HAVE_RESULTS:
        return _with_results(statuses, facts)
    return _without_results(statuses, facts)


def _while_under_way(statuses: frozenset[str], facts: Facts) -> A:
    """At least one URL scan has not ended."""
    if facts.stop_mode == "save":
        return A.STOPPED_SAVING_RESULTS
    if facts.stop_mode == "delete":
        return A.STOPPED_DELETING_RESULTS
    if statuses & _NOT_ENDED <= {U.PAUSED}:
        return A.PAUSED
    if facts.started or statuses & _ACTIVE or statuses & _HAVE_RESULTS:
        failed = statuses & FAILED_VERIFICATION
        return A.IN_PROGRESS_WITH_WARNING if failed else A.IN_PROGRESS
    if facts.prescanning:
        return A.PRESCANNING
    if statuses & _QUEUED:
        return A.QUEUED
    if U.SCHEDULED in statuses:
        return A.SCHEDULED
    return A.SUBMITTED


def _with_results(statuses: frozenset[str], facts: Facts) -> A:
    """All have ended, and at least one has results, published or not."""
    complete = statuses <= _COMPLETE
    verifying = bool(statuses & PUBLISHED_AS.keys())
    if facts.stop_mode or statuses <= _STOPPED_BY_USER:
        if complete:
            return A.STOPPED_VERIFYING_RESULTS if verifying else A.COMPLETED_RESULTS_AVAILABLE
        return A.STOPPED_VERIFYING_PARTIAL_RESULTS if verifying else A.STOPPED_PARTIAL_RESULTS_AVAILABLE
    if verifying and statuses & _ENDED_BY_DURATION:
        if statuses <= _HAVE_RESULTS:
            return A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS
        return A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS
    if complete:
        return A.COMPLETED_VERIFYING_RESULTS if verifying else A.COMPLETED_RESULTS_AVAILABLE
    return A.COMPLETED_VERIFYING_PARTIAL_RESULTS if verifying else A.COMPLETED_PARTIAL_RESULTS_AVAILABLE


def _without_results(statuses: frozenset[str], facts: Facts) -> A:
    """All have ended, and none has anything to publish."""
    if statuses <= FAILED_VERIFICATION:
        return A.ALL_VERIFICATIONS_FAILED
    if facts.stop_mode or U.STOPPED in statuses:
        return A.STOPPED
    if statuses & _ENDED_BY_DURATION:
        return A.STOPPED_SCAN_DURATION_ENDED
    return A.STOPPED_TECHNICAL_ISSUE


def kept_columns(totals: Mapping[str, Mapping[str, int]], status: str) -> dict[str, int | None]:
    """Return the derived columns of an analysis in this status: its URLs, its open and its dismissed weaknesses, each
    of all and of shown ones.

    `totals` are those of `totals_by_status` for this analysis.
    """
    every, shown = found(totals, status)
    return {
        "urls": sum(total["urls"] for total in totals.values()),
        "findings_all": weigh(every),
        "findings_shown": weigh(shown),
        "dismissed_all": every[DISMISSED] or None,
        "dismissed_shown": shown[DISMISSED] or None,
    }


def found(totals: Mapping[str, Mapping[str, int]], status: str) -> tuple[dict[str, int], dict[str, int]]:
    """Return the open weaknesses of an analysis in this status, by severity, and how many are `dismissed`: of all
    weaknesses, and of those that everybody may see."""
    published = [total for code, total in totals.items() if code in PUBLISHED_AS.values()]
    shown = totals.values() if status == A.STOPPED_VERIFYING_RESULTS else published
    return _added_up(totals.values()), _added_up(shown)


def _added_up(totals: Iterable[Mapping[str, int]]) -> dict[str, int]:
    totals = list(totals)
    return {name: sum(total[name] for total in totals) for name in (*SEVERITIES, DISMISSED)}

"""An analysis' status, derived from its URL scans by one pure function, `rollup`.

When URL scans ended differently, partial wins over complete, verifying over available, a user's stop over time, and
time over a technical issue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scans.severities import SEVERITIES, weigh
from scans.statuses import (
    FAILED_VERIFICATION,
    PUBLISHED_AS,
    URL_SCAN_STATUSES,
    AnalysisStatus,
    EndedBy,
    Phase,
    Results,
    UrlScanStatus,
    in_phase,
)

_NOT_ENDED = frozenset(in_phase(URL_SCAN_STATUSES, Phase.WAITING, Phase.ACTIVE)) - {UrlScanStatus.SUBMIT_FAILED}
_ACTIVE = frozenset(in_phase(URL_SCAN_STATUSES, Phase.ACTIVE))
_QUEUED = frozenset({UrlScanStatus.QUEUED, UrlScanStatus.QUEUED_WITH_WARNING})
_HAVE_RESULTS = frozenset(code for code, status in URL_SCAN_STATUSES.items() if status.results != Results.NONE)
_COMPLETE = frozenset({UrlScanStatus.COMPLETED_VERIFYING_RESULTS, UrlScanStatus.COMPLETED_RESULTS_AVAILABLE})


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


def rollup(url_scan_statuses: Iterable[str], facts: Facts) -> AnalysisStatus:
    """Return the status of an analysis, given its facts and its URL scans' statuses.

    Raises ValueError without any URL scan; every other combination has a status.
    """
    statuses = frozenset(url_scan_statuses)
    if not statuses:
        raise ValueError("An analysis without URL scans has no status.")
    if statuses <= {UrlScanStatus.SUBMIT_FAILED}:
        return AnalysisStatus.NOT_SUBMITTED
    if not facts.submitted and statuses & _NOT_ENDED:
        return AnalysisStatus.PRESCANNING if facts.prescanning else AnalysisStatus.SAVED_FOR_LATER
    if statuses & _NOT_ENDED:
        return _while_under_way(statuses, facts)
    if statuses & _HAVE_RESULTS:
        return _with_results(statuses, facts)
    return _without_results(statuses, facts)


def _while_under_way(statuses: frozenset[str], facts: Facts) -> AnalysisStatus:
    """At least one URL scan has not ended."""
    if facts.stop_mode == "save":
        return AnalysisStatus.STOPPED_SAVING_RESULTS
    if facts.stop_mode == "delete":
        return AnalysisStatus.STOPPED_DELETING_RESULTS
    if statuses & _NOT_ENDED <= {UrlScanStatus.PAUSED}:
        return AnalysisStatus.PAUSED
    if facts.started or statuses & _ACTIVE or statuses & _HAVE_RESULTS:
        failed = statuses & FAILED_VERIFICATION
        return AnalysisStatus.IN_PROGRESS_WITH_WARNING if failed else AnalysisStatus.IN_PROGRESS
    if facts.prescanning:
        return AnalysisStatus.PRESCANNING
    if statuses & _QUEUED:
        return AnalysisStatus.QUEUED
    if UrlScanStatus.SCHEDULED in statuses:
        return AnalysisStatus.SCHEDULED
    return AnalysisStatus.SUBMITTED


def _with_results(statuses: frozenset[str], facts: Facts) -> AnalysisStatus:
    """All have ended, and at least one has results, published or not."""
    complete = statuses <= _COMPLETE
    verifying = bool(statuses & PUBLISHED_AS.keys())
    if facts.stop_mode or statuses <= _STOPPED_BY_USER:
        if complete:
            return AnalysisStatus.STOPPED_VERIFYING_RESULTS if verifying else AnalysisStatus.COMPLETED_RESULTS_AVAILABLE
        return (
            AnalysisStatus.STOPPED_VERIFYING_PARTIAL_RESULTS
            if verifying
            else AnalysisStatus.STOPPED_PARTIAL_RESULTS_AVAILABLE
        )
    if verifying and statuses & _ENDED_BY_DURATION:
        return (
            AnalysisStatus.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS
            if statuses <= _HAVE_RESULTS
            else AnalysisStatus.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS
        )
    if complete:
        return AnalysisStatus.COMPLETED_VERIFYING_RESULTS if verifying else AnalysisStatus.COMPLETED_RESULTS_AVAILABLE
    return (
        AnalysisStatus.COMPLETED_VERIFYING_PARTIAL_RESULTS
        if verifying
        else AnalysisStatus.COMPLETED_PARTIAL_RESULTS_AVAILABLE
    )


def _without_results(statuses: frozenset[str], facts: Facts) -> AnalysisStatus:
    """All have ended, and none has anything to publish."""
    if statuses <= FAILED_VERIFICATION:
        return AnalysisStatus.ALL_VERIFICATIONS_FAILED
    if facts.stop_mode or UrlScanStatus.STOPPED in statuses:
        return AnalysisStatus.STOPPED
    if statuses & _ENDED_BY_DURATION:
        return AnalysisStatus.STOPPED_SCAN_DURATION_ENDED
    return AnalysisStatus.STOPPED_TECHNICAL_ISSUE


def kept_columns(totals: Mapping[str, Mapping[str, int]], status: str) -> dict[str, int]:
    """Return the derived columns of an analysis in this status: its URLs and its findings, all and shown.

    `totals` are those of `totals_by_status` for this analysis.
    """
    published = [total for code, total in totals.items() if code in PUBLISHED_AS.values()]
    shown = totals.values() if status == AnalysisStatus.STOPPED_VERIFYING_RESULTS else published
    return {
        "urls": sum(total["urls"] for total in totals.values()),
        "findings_all": weigh(_added_up(totals.values())),
        "findings_shown": weigh(_added_up(shown)),
    }


def _added_up(totals: Iterable[Mapping[str, int]]) -> dict[str, int]:
    totals = list(totals)
    return {name: sum(total[name] for total in totals) for name in SEVERITIES}

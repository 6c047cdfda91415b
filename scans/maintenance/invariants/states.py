"""Status, sums, moments and search text of an analysis and its URL scans fit together."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from scans.database.search_text import search_text
from scans.database.statements import totals_by_status
from scans.maintenance.invariants.base import CHECK_CLOCKS, CLOCKS_DIFFER, RECOUNT, Batch, Violation
from scans.maintenance.invariants.base import of_analysis as wrong_analysis
from scans.maintenance.invariants.base import of_scan as wrong_scan
from scans.models import AnalysisSearch
from scans.severities import SEVERITIES
from scans.statuses import ANALYSIS_STATUSES, PUBLISHED_AS, URL_SCAN_STATUSES, Phase, Results
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from scans.statuses.rollup import kept_columns, rollup
from scans.transitions.core import rollup_facts

_SEARCH_AGAIN = f"{RECOUNT} Until then Find misses it."
# An analysis that was not submitted can only be saved, or be checked with all of these outcomes.
_WITHOUT_SUBMISSION = {A.SAVED_FOR_LATER, A.PRESCANNING, A.NOT_SUBMITTED, A.ALL_VERIFICATIONS_FAILED}
_NEVER_STARTED = {U.SUBMITTED, U.SUBMIT_FAILED, U.SCHEDULED, U.QUEUED, U.QUEUED_WITH_WARNING}
_STARTED = {
    *(U.IN_PROGRESS, U.PAUSING, U.RESUMING, U.STOPPING_SAVING_RESULTS, U.STOPPING_DELETING_RESULTS),
    *PUBLISHED_AS,
    *PUBLISHED_AS.values(),
}
_ENDED = {code for code, status in URL_SCAN_STATUSES.items() if status.final or status.results == Results.VERIFYING}


def status_follows_from_url_scans(batch: Batch) -> Iterator[Violation]:
    """The status of an analysis is the roll-up of its URL scans."""
    for analysis in batch.analyses.values():
        scans = batch.scans[analysis.pk]
        if not scans:
            yield wrong_analysis(analysis, "it has no URL scan", "every analysis has one")
            continue
        right = rollup((scan.status for scan in scans), rollup_facts(analysis))
        if analysis.status != right:
            kept = f"its status is {analysis.status}"
            yield wrong_analysis(analysis, kept, f"its URL scans make it {right}")


def sums_are_those_of_the_rows(batch: Batch) -> Iterator[Violation]:
    """The columns that an analysis is sorted by are what its URL scans and findings add up to."""
    totals = totals_by_status(list(batch.analyses))
    for analysis in batch.analyses.values():
        right = kept_columns(totals[analysis.pk], analysis.status)
        if analysis.deleted_at or any(scan.status == U.STOPPING_DELETING_RESULTS for scan in batch.scans[analysis.pk]):
            right = {"urls": right["urls"]}  # a task is removing the findings
        ended = analysis.started_at and analysis.ended_at
        right["run_time"] = ended - analysis.started_at if ended else None
        for name, value in right.items():
            if getattr(analysis, name) != value:
                kept = f"{name} is {getattr(analysis, name)}"
                yield wrong_analysis(analysis, kept, f"its rows make it {value}", RECOUNT)


def findings_are_counted(batch: Batch) -> Iterator[Violation]:
    """A URL scan counts as many findings of each severity as it has."""
    for scan in batch.all_scans:
        if batch.analyses[scan.analysis_id].deleted_at or scan.status == U.STOPPING_DELETING_RESULTS:
            continue
        found = batch.found.get(scan.pk, {})
        for severity in SEVERITIES:
            kept, right = getattr(scan, f"findings_{severity}"), found.get(severity, 0)
            if kept != right:
                yield wrong_scan(scan, f"findings_{severity} is {kept}", f"it has {right}", RECOUNT)


def moments_fit_the_status(batch: Batch) -> Iterator[Violation]:
    """The moments of an analysis and of its URL scans fit their status."""
    for analysis in batch.analyses.values():
        scans = batch.scans[analysis.pk]
        for name, is_set in _moments(analysis, scans).items():
            yield from _misfit(analysis, name, is_set, wrong_analysis)
        for scan in scans:
            for name, is_set in _moments_of_scan(scan).items():
                yield from _misfit(scan, name, is_set, wrong_scan)


def _moments(analysis: Any, scans: list[Any]) -> dict[str, bool]:
    """For each moment of which the status says so, whether it has to be set."""
    started = any(scan.started_at for scan in scans)
    moments = {"started_at": started}
    moments["ended_at"] = bool(ANALYSIS_STATUSES[analysis.status].final or analysis.deleted_at)
    if analysis.status == A.SAVED_FOR_LATER or analysis.status not in _WITHOUT_SUBMISSION:
        moments["submitted_at"] = analysis.status != A.SAVED_FOR_LATER
    if ANALYSIS_STATUSES[analysis.status].phase in (Phase.REVIEW, Phase.FINAL):
        moments["blackout_since"] = False
    if analysis.prescan_ended_at:
        moments["prescan_started_at"] = True
    return moments


def _moments_of_scan(scan: Any) -> dict[str, bool]:
    moments = {}
    if scan.status in _STARTED or scan.status in _NEVER_STARTED:
        moments["started_at"] = scan.status in _STARTED
    if scan.started_at or scan.status in (U.QUEUED, U.QUEUED_WITH_WARNING):
        moments["queued_at"] = True
    if scan.status != U.STOPPING_DELETING_RESULTS:  # it may have ended before
        moments["ended_at"] = scan.status in _ENDED
    if scan.status in PUBLISHED_AS.values():
        moments["verified_at"] = True
    elif scan.status not in (*PUBLISHED_AS, U.STOPPING_DELETING_RESULTS):
        moments["verified_at"] = False
    return moments


def _misfit(row: Any, name: str, is_set: bool, wrong: Any) -> Iterator[Violation]:
    kept = getattr(row, name)
    if bool(kept) != is_set:
        told = f"{name} is {kept.isoformat() if kept else 'empty'}"
        yield wrong(row, told, f"in the status {row.status} it {'has a value' if is_set else 'is empty'}")


def moments_are_in_order(batch: Batch) -> Iterator[Violation]:
    """Nothing ends before it starts, or starts before it was submitted.

    Otherwise the clock of a host was off: a warning, because the rows cannot be repaired and nothing follows from it.
    """
    for analysis in batch.analyses.values():
        yield from _unordered(analysis, ("created_at", "submitted_at", "started_at", "ended_at"), wrong_analysis)
        yield from _unordered(analysis, ("prescan_started_at", "prescan_ended_at"), wrong_analysis)
    for scan in batch.all_scans:
        yield from _unordered(scan, ("queued_at", "started_at", "ended_at"), wrong_scan)


def _unordered(row: Any, names: Iterable[str], wrong: Any) -> Iterator[Violation]:
    known = [name for name in names if getattr(row, name)]
    for earlier, later in pairwise(known):
        if getattr(row, later) < getattr(row, earlier) - CLOCKS_DIFFER:
            kept = f"{later} is {getattr(row, later).isoformat()}"
            should = f"{earlier} is {getattr(row, earlier).isoformat()}, which is later"
            yield wrong(row, kept, should, CHECK_CLOCKS, is_warning=True)


def find_finds_it(batch: Batch) -> Iterator[Violation]:
    """The search text of a present analysis is made of its name and URLs; a deleted one has none."""
    kept = dict(batch.of(AnalysisSearch, "analysis_id").values_list("pk", "text"))
    for analysis in batch.analyses.values():
        urls = [scan.url for scan in batch.scans[analysis.pk]]
        text, right = kept.get(analysis.pk), None if analysis.deleted_at else search_text(analysis.name, urls)
        if text != right:
            told = "its search text is missing" if text is None else f"its search text is {text!r}"
            should = "it is deleted and has none" if right is None else f"it should be {right!r}"
            yield wrong_analysis(analysis, told, should, _SEARCH_AGAIN)

"""The moves that an analysis' status can make, computed from the moves of its URL scans.

docs/statuses.md draws them, and tests check every run against them. The product itself decides nothing by them.
"""

from collections.abc import Iterator
from dataclasses import replace

from scans.statuses import URL_SCAN_MOVES, Action, AnalysisStatus, Results, UrlScanStatus
from scans.statuses.rollup import Facts, rollup

U = UrlScanStatus
# Two URL scans are enough to show every rule of the roll-up: no rule compares more.
_AT_FIRST = ((U.SUBMITTED, U.SUBMITTED), Facts(submitted=False))
_Situation = tuple[tuple[UrlScanStatus, ...], Facts]


def analysis_moves() -> dict[AnalysisStatus, set[AnalysisStatus]]:
    """For each status, return those that an analysis of two URLs can reach in one step. Takes under a second."""
    moves: dict[AnalysisStatus, set[AnalysisStatus]] = {status: set() for status in AnalysisStatus}
    seen, to_visit = {_AT_FIRST}, [_AT_FIRST]
    while to_visit:
        situation = to_visit.pop()
        before = rollup(*situation)
        for following in _following(situation, before):
            after = rollup(*following)
            if after != before:
                moves[before].add(after)
            if following not in seen:
                seen.add(following)
                to_visit.append(following)
    return moves


def _following(situation: _Situation, status: AnalysisStatus) -> Iterator[_Situation]:
    """Yield every situation one step away: a URL scan moves, or a fact of the analysis changes."""
    if status.info.final:
        return
    scans, facts = situation
    for number, scan in enumerate(scans):
        for to in _moves_of(scan, facts):
            moved = tuple(sorted((*scans[:number], to, *scans[number + 1 :])))
            yield moved, replace(facts, started=facts.started or to == U.IN_PROGRESS)
    yield from ((scans, changed) for changed in _changes(facts, set(scans), status))


def _moves_of(scan: UrlScanStatus, facts: Facts) -> frozenset[UrlScanStatus]:
    moves = URL_SCAN_MOVES[scan]
    if not facts.submitted:
        return frozenset()  # a check of a saved analysis decides nothing
    if scan.info.results != Results.NONE and facts.stop_mode != "delete":
        return moves - {U.STOPPING_DELETING_RESULTS}  # existing results are deleted only with the whole analysis
    return moves


def _changes(facts: Facts, scans: set[UrlScanStatus], status: AnalysisStatus) -> Iterator[Facts]:
    """Yield the facts after each change that the analysis itself can make."""
    if not facts.submitted:
        yield replace(facts, submitted=True)
    if facts.prescanning:
        yield replace(facts, prescanning=False)
    elif U.SUBMITTED in scans:
        yield replace(facts, prescanning=True)
    for mode, action in (("save", Action.STOP_SAVE), ("delete", Action.STOP_DELETE)):
        if facts.submitted and not facts.stop_mode and status.info.allows(action):
            yield replace(facts, stop_mode=mode)

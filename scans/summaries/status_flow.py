"""The statuses in the order in which an analysis or a URL scan passes them, with those that may follow each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_MOVES, URL_SCAN_STATUSES, Phase, Status
from scans.statuses.analysis_moves import analysis_moves


@dataclass(frozen=True)
class Step:
    """A status, and those that may follow it."""

    status: Status
    following: list[Status]


Flow = list[tuple[Phase, list[Step]]]


@cache
def analysis_flow() -> Flow:
    """Return the flow of an analysis: computed once, from the moves that its URL scans can make."""
    return _flow(ANALYSIS_STATUSES, analysis_moves())


@cache
def url_scan_flow() -> Flow:
    """Return the flow of a URL scan, from the table of moves that the product itself obeys."""
    return _flow(URL_SCAN_STATUSES, URL_SCAN_MOVES)


def _flow(catalogue: Mapping[str, Status], moves: Mapping[str, Collection[str]]) -> Flow:
    """Order the statuses by phase and, within a phase, by how many moves lead to them from the first status."""
    distance = _distances(next(iter(catalogue)), moves)
    order = sorted(catalogue, key=lambda code: distance.get(code, len(catalogue)))
    steps = [Step(catalogue[code], [catalogue[to] for to in order if to in moves[code]]) for code in order]
    return [(phase, [step for step in steps if step.status.phase == phase]) for phase in Phase]


def _distances(first: str, moves: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return for each status that can be reached how many moves it takes."""
    distance, reached = {first: 0}, [first]
    for code in reached:
        for to in moves[code]:
            if to not in distance:
                distance[to] = distance[code] + 1
                reached.append(to)
    return distance

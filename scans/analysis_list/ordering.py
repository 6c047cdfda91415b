"""The orders of the list of analyses: each column as walks along indexes, and what such a walk finds.

A page is found by walking: from a position on, in the order of a column, until it is full. Each walk goes along one
index, `(status, key, id)`; several statuses are several walks, which the database merges. So a page costs the same
however many analyses there are and wherever in the list it is. Among equals the order of ids follows the direction.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from scans.statuses import ANALYSIS_STATUSES, Status

YEARS = range(1900, 9000)  # of dates asked for: no moment of theirs in any time zone may be beyond what Python counts
_ENDED = frozenset(code for code, status in ANALYSIS_STATUSES.items() if status.final)
_UNDER_WAY = frozenset(ANALYSIS_STATUSES) - _ENDED


@dataclass(frozen=True)
class Part:
    """Some analyses, those of `where` in the statuses of `among`, in the order of a field.

    `turned`: that order goes against the column's direction. `empty`: what has nothing there, newest first.
    """

    field: str
    where: Q = Q()
    among: frozenset[str] = frozenset(ANALYSIS_STATUSES)
    turned: bool = False
    empty: bool = False

    def goes_up(self, descending: bool) -> bool:
        """Whether its keys grow along the list."""
        return False if self.empty else self.turned == descending


@dataclass(frozen=True)
class Column:
    """A column of the list: its parts as they come when it descends, and last, either way, the one that is `empty`.

    `by_status`: sorted by status before anything else. `whole`: there is an index of this order without the status.
    """

    parts: tuple[Part, ...]
    by_status: bool = False
    whole: bool = False

    def listed(self, descending: bool) -> list[Part]:
        """The parts as they are listed."""
        parts = self.parts if descending else reversed(self.parts)
        return sorted(parts, key=lambda part: part.empty)


_STARTED = Q(started_at__isnull=False)
_WAITS = Q(started_at__isnull=True)
# Of starts, what is still to come is later than what was. What still runs counts as longer than all that has ended:
# nobody knows how long it will get, and where a row stands must not depend on the clock.
COLUMNS = {
    "name": Column((Part("name"),)),
    "status": Column((Part("changed_at", turned=True),), by_status=True),
    "urls": Column((Part("urls"),)),
    "findings": Column((Part("findings_shown"),)),
    "findings of reviewers": Column((Part("findings_all"),)),
    "start": Column(
        (
            Part("start_at", _WAITS & Q(start_at__isnull=False)),
            Part("started_at", _STARTED),
            Part("start_at", _WAITS & Q(start_at__isnull=True), empty=True),
        )
    ),
    "duration": Column(
        (
            Part("started_at", _STARTED, _UNDER_WAY, turned=True),
            Part("run_time", Q(run_time__isnull=False), _ENDED),
            Part("started_at", _WAITS, empty=True),
        )
    ),
    "changed": Column((Part("changed_at"),), whole=True),
}


@dataclass(frozen=True)
class Step:
    """One step of a walk: the analyses of a part that have this status; with None, any. Numbered as they are listed."""

    number: int
    part: Part
    status: str | None


@dataclass(frozen=True)
class Position:
    """A place in an order: after (or before) the analysis with this id and key, in the step of this number."""

    step: int
    key: object
    pk: int
    forward: bool = True

    def __str__(self) -> str:
        return f"{'after' if self.forward else 'before'}~{self.step}~{self.key}~{self.pk}"


@dataclass(frozen=True)
class Row:
    """What a walk finds: an analysis, its version, the number of the step that it is in, and its key as it is stored.

    The rest is what the list knows of it without a further query; `changed_at` as it is stored, too.
    """

    pk: int
    version: int
    step: int
    key: object
    status: str
    changed_at: object
    owner: str | None

    @property
    def info(self) -> Status:
        """The catalogue's entry for the status."""
        return ANALYSIS_STATUSES[self.status]


@dataclass(frozen=True)
class Page:
    """Some rows that follow each other, and whether there are others around them."""

    rows: list[Row]
    has_previous: bool
    has_next: bool

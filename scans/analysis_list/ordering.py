"""The orders of the list: for each column, the parts that an index holds in that order. Asks no database.

What has no value in a column comes last, in either direction. Among equals, ids follow the direction.
"""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scans.statuses import ANALYSIS_STATUSES

COLUMNS = {
    "name": _("Name"),
    "status": _("Status"),
    "urls": _("URLs"),
    "findings": _("Findings"),
    "start": _("Start"),
    "duration": _("Duration"),
    "changed": _("Last change"),
}
YEARS = range(1900, 9000)  # of dates in an address: any of their moments, in any time zone, is one that Python can hold
_ENDED = frozenset(code for code, status in ANALYSIS_STATUSES.items() if status.final)
_UNFINISHED = frozenset(ANALYSIS_STATUSES) - _ENDED


@dataclass(frozen=True)
class Part:
    """The analyses that match `where` and have one of `statuses`, sorted by `field`.

    `reverse`: sorted against the direction of the order. `empty`: without a value in the column, newest first.
    """

    field: str
    where: Q = Q()
    statuses: frozenset[str] = frozenset(ANALYSIS_STATUSES)
    reverse: bool = False
    empty: bool = False

    def ascends(self, descending: bool) -> bool:
        """Whether its keys grow along the list, in an order that descends or not."""
        return False if self.empty else self.reverse == descending


@dataclass(frozen=True)
class Order:
    """The order of a column: its parts, as they follow each other when it descends.

    `by_status`: sorted by status first. `has_index_of_all`: an index holds this order across all statuses.
    """

    parts: tuple[Part, ...]
    by_status: bool = False
    has_index_of_all: bool = False

    def parts_in_direction(self, descending: bool) -> list[Part]:
        """The parts as they follow each other; the empty one is last, in either direction."""
        parts = self.parts if descending else reversed(self.parts)
        return sorted(parts, key=lambda part: part.empty)


_STARTED = Q(started_at__isnull=False)
_WAITS = Q(started_at__isnull=True)
# A start in the future counts as later than any start in the past. A running analysis counts as longer than every
# ended one: its duration is not known yet, and no row may move just because time passes.
ORDERS = {
    "name": Order((Part("name"),)),
    "status": Order((Part("changed_at", reverse=True),), by_status=True),
    "urls": Order((Part("urls"),)),
    "findings": Order((Part("findings_shown"),)),
    "findings of reviewers": Order((Part("findings_all"),)),
    "start": Order(
        (
            Part("start_at", _WAITS & Q(start_at__isnull=False)),
            Part("started_at", _STARTED),
            Part("start_at", _WAITS & Q(start_at__isnull=True), empty=True),
        )
    ),
    "duration": Order(
        (
            Part("started_at", _STARTED, _UNFINISHED, reverse=True),
            Part("run_time", Q(run_time__isnull=False), _ENDED),
            Part("started_at", _WAITS, empty=True),
        )
    ),
    "changed": Order((Part("changed_at"),), has_index_of_all=True),
}

"""The orders of the list of analyses: each column as walks along indexes, and pages that begin anywhere in them.

A page is found by walking: from a position on, in the order of a column, until it is full. Each walk goes along one
index, `(status, key, id)`; several statuses are several walks, which the database merges. So a page costs the same
however many analyses there are and wherever in the list it is. Among equals the order of ids follows the direction.
"""
# ruff: noqa: S608 - statements of our own; what comes from outside is in their parameters

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F, Func, Q, Value

from scans.statuses import ANALYSIS_STATUSES

SEVERITIES = ("critical", "high", "medium", "low", "info")
_SIGN = {True: "ASC", False: "DESC"}
_POSITION = re.compile(
    r"(?P<direction>after|before)~(?P<step>\d{1,2})~(?P<key>.*)~(?P<pk>\d{1,18})", re.DOTALL | re.ASCII
)
_A_STATUS = "a status"
_ROOM = 4096  # what one severity may count up to without outweighing the next
_ENDED = frozenset(code for code, status in ANALYSIS_STATUSES.items() if status.final)
_UNDER_WAY = frozenset(ANALYSIS_STATUSES) - _ENDED


def weigh(counts: Mapping[str, int]) -> int:
    """Findings by severity as one number to sort by: worst severity first; more than 4,095 of one count as 4,095."""
    weight = 0
    for severity in SEVERITIES:
        weight = weight * _ROOM + min(counts[severity], _ROOM - 1)
    return weight


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


def _field(part: Part) -> models.Field:
    return apps.get_model("scans", "Analysis")._meta.get_field(part.field)


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
            Part("ran", Q(ran__isnull=False), _ENDED),
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
    """What a walk finds: an analysis, its version, and the number of the step that it is in."""

    pk: int
    version: int
    step: int


@dataclass(frozen=True)
class Page:
    """Some rows that follow each other, and whether there are others around them."""

    rows: list[Row]
    has_previous: bool
    has_next: bool


class _Beyond(Func):
    """Whether (key, id) lies beyond a position: a comparison of rows, which an index answers."""

    output_field = models.BooleanField()

    def as_sql(self, compiler, connection, **context):
        """(key, id) > (%s, %s), or <."""
        compiled = [compiler.compile(expression) for expression in self.get_source_expressions()]
        sql = "({}, {}) {sign} ({}, {})".format(*(text for text, _ in compiled), sign=self.extra["sign"])
        return sql, [value for _, values in compiled for value in values]


def _beyond(part: Part, position: Position, up: bool):
    if part.empty:
        return Q(pk__gt=position.pk) if up else Q(pk__lt=position.pk)
    key = Value(position.key, output_field=_field(part))
    return _Beyond(F(part.field), F("pk"), key, Value(position.pk), sign=">" if up else "<")


def _sql(queryset: models.QuerySet, part: Part) -> tuple[str, tuple]:
    return queryset.values_list("id", part.field).query.sql_with_params()


class Walk:
    """Analyses in the order of a column, to be walked through.

    `statuses` are those to walk through, None for all. `ids` by status, where they are known to be the only ones
    that count, keeps it to these; the queryset narrows down further.
    """

    def __init__(
        self,
        queryset: models.QuerySet,
        column: str,
        *,
        descending: bool,
        statuses: Iterable[str] | None = None,
        ids: Mapping[str, Sequence[int]] | None = None,
    ):
        self._queryset, self._ids, self._descending = queryset, ids, descending
        self._column = COLUMNS[column]
        if statuses is not None:
            statuses = set(statuses)
            statuses = [code for code in ANALYSIS_STATUSES if code in statuses]
        elif not self._column.whole:
            statuses = list(ANALYSIS_STATUSES)
        self._statuses: list[str | None] = [None] if statuses is None else statuses

    def rows(self, size: int, position: Position | None = None, *, forward: bool = True) -> list[Row]:
        """The next rows after (before) a position, as they are listed; the first (last) ones without a position."""
        forward = position.forward if position else forward
        found: list[Row] = []
        legs = self._legs
        for leg in legs if forward else reversed(legs):
            if position:
                leg = [step for step in leg if step.number == position.step or (step.number > position.step) == forward]
            if leg and len(found) < size:
                found += self._walk(leg, size - len(found), position, forward)
        return found if forward else found[::-1]

    def ids(self, at_once: int = 1000) -> Iterator[list[int]]:
        """The ids of all rows as they are listed, so many at a time: for exports, however long the list is."""
        rows = self.rows(at_once)
        while rows:
            yield [row.pk for row in rows]
            if len(rows) < at_once:
                return
            last = self._queryset.model.objects.get(pk=rows[-1].pk)
            rows = self.rows(at_once, self.parse(str(self.position(last, rows[-1], forward=True))))

    def position(self, analysis: models.Model, row: Row, *, forward: bool) -> Position:
        """Where the list goes on after (before) this row."""
        part = self._part(row.step)
        key = "" if part.empty else _field(part).value_to_string(analysis)
        return Position(row.step, key, row.pk, forward)

    def parse(self, text: str) -> Position | None:
        """The position that this text means; None where it means none."""
        match = _POSITION.fullmatch(text)
        part = match and self._part(int(match["step"]))
        if not part or "\0" in text:
            return None
        try:
            key = None if part.empty else _field(part).clean(match["key"], None)
        except ValidationError:
            return None
        return Position(int(match["step"]), key, int(match["pk"]), match["direction"] == "after")

    def _part(self, number: int) -> Part | None:
        return next((step.part for leg in self._legs for step in leg if step.number == number), None)

    @cached_property
    def _legs(self) -> list[list[Step]]:
        """The steps as they are listed, those together that are one query: they have the same key and direction."""
        parts = self._column.listed(self._descending)
        if self._column.by_status:
            codes = self._statuses[::-1] if self._descending else self._statuses
            last = len(ANALYSIS_STATUSES) - 1
            ranks = {code: last - rank if self._descending else rank for rank, code in enumerate(ANALYSIS_STATUSES)}
            return [[Step(ranks[code], parts[0], code) for code in codes]]
        return [
            [Step(number, part, code) for code in self._statuses if code is None or code in part.among]
            for number, part in enumerate(parts)
        ]

    def _walk(self, leg: list[Step], size: int, position: Position | None, forward: bool) -> list[Row]:
        part = leg[0].part
        up = part.goes_up(self._descending) == forward
        order = f"page.step {_SIGN[forward]}, page.sort_key {_SIGN[up]}, page.id {_SIGN[up]}"
        branches, parameters, written = [], [], {}
        for step in leg:
            begins_here = position is not None and position.step == step.number
            # Writing SQL takes longer than running it: once for all statuses, unless each has ids of its own.
            alike = (begins_here, step.status if self._ids is not None else None)
            if alike not in written:
                written[alike] = self._branch(step, size, position if begins_here else None, up)
            sql, values = written[alike]
            branches.append(f"SELECT {step.number} AS step, id, {part.field} AS sort_key FROM ({sql}) b{step.number}")
            parameters += (step.status if value is _A_STATUS else value for value in values)
        merged = f"SELECT * FROM ({' UNION ALL '.join(branches)}) page ORDER BY {order} LIMIT {size}"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT page.id, analysis.version, page.step FROM ({merged}) page "
                f"JOIN scans_analysis analysis ON analysis.id = page.id ORDER BY {order}",
                parameters,
            )
            return [Row(*row) for row in cursor.fetchall()]

    def _branch(self, step: Step, size: int, position: Position | None, up: bool) -> tuple[str, tuple]:
        """One walk along an index, as SQL and its parameters; _A_STATUS among them stands for the step's."""
        part, queryset = step.part, self._queryset.filter(step.part.where)
        if position:
            queryset = queryset.filter(_beyond(part, position, up))
        if self._ids is not None:
            # These few are all sorted. The limit keeps a planner from walking past all the others instead.
            ids = self._ids.get(step.status, ())
            return _sql(queryset.filter(pk__in=ids).order_by()[: len(ids) or 1], part)
        if step.status is not None:
            queryset = queryset.filter(status=_A_STATUS)
        sign = "" if up else "-"
        return _sql(queryset.order_by(sign + part.field, f"{sign}pk")[:size], part)

    def first(self, size: int, number: int = 1) -> Page:
        """The first page, or the one of this number, at the cost of all before it; the last where that is empty."""
        rows = self.rows(number * size + 1)[(number - 1) * size :]
        if not rows and number > 1:
            return self.last(size)
        return Page(rows[:size], has_previous=number > 1, has_next=len(rows) > size)

    def last(self, size: int) -> Page:
        """The last page, full where there are enough rows."""
        rows = self.rows(size + 1, forward=False)
        return Page(rows[-size:], has_previous=len(rows) > size, has_next=False)

    def around(self, size: int, position: Position) -> Page:
        """The page after (before) a position; the last (first) one where there is none any more."""
        rows = self.rows(size + 1, position)
        if position.forward:
            return Page(rows[:size], has_previous=True, has_next=len(rows) > size) if rows else self.last(size)
        return Page(rows[-size:], has_previous=True, has_next=True) if len(rows) > size else self.first(size)

"""Keyset pagination of the list: reads the rows that follow a position, along the indexes of an order (`ordering`).

A page costs the same however many analyses there are, and wherever in the list it is. Each index is
`(status, key, id)`: several statuses are several index scans, which one UNION ALL merges.
"""
# ruff: noqa: S608 - statements of our own; every value from outside is a parameter

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F, Func, Q, Value

from scans.analysis_list.ordering import ORDERS, YEARS, Part
from scans.models import Analysis
from scans.statuses import ANALYSIS_STATUSES, Status

_DIRECTION = {True: "ASC", False: "DESC"}
_POSITION = re.compile(
    r"(?P<direction>after|before)~(?P<segment>\d{1,2})~(?P<key>.*)~(?P<pk>\d{1,18})", re.DOTALL | re.ASCII
)
_LONGEST = timedelta(days=100_000_000)  # in microseconds less than 2 to the 63rd
_SELECT_ROWS = """
    SELECT page.id, analysis.version, page.segment, page.sort_key, analysis.status, analysis.changed_at, owner.username
    FROM {found} page
    JOIN scans_analysis analysis ON analysis.id = page.id LEFT JOIN auth_user owner ON owner.id = analysis.owner_id"""


@dataclass(frozen=True)
class Segment:
    """A stretch of the list: the analyses of a part with this status, or with any for None. `number` is its place."""

    number: int
    part: Part
    status: str | None


@dataclass(frozen=True)
class Position:
    """A place in an order: after (or before) the analysis with this key and id, in the segment of this number."""

    segment: int
    key: object
    pk: int
    forward: bool = True

    def __str__(self) -> str:
        return f"{'after' if self.forward else 'before'}~{self.segment}~{self.key}~{self.pk}"


@dataclass(frozen=True)
class Row:
    """An analysis as the list reads it first: its id, its version, its place, and the values that a poll compares.

    `key` and `changed_at` are as the database stores them.
    """

    pk: int
    version: int
    segment: int
    key: object
    status: str
    changed_at: object
    owner: str | None

    @property
    def info(self) -> Status:
        """The catalogue's entry for the status."""
        return ANALYSIS_STATUSES[self.status]


@dataclass(frozen=True)
class Slice:
    """Rows that follow each other, and whether the list has rows before and after them."""

    rows: list[Row]
    has_previous: bool
    has_next: bool


class _Beyond(Func):
    """A condition: (key, id) lies beyond a position. It compares rows, which an index answers."""

    output_field = models.BooleanField()

    def as_sql(self, compiler, connection, **context):
        compiled = [compiler.compile(expression) for expression in self.get_source_expressions()]
        sql = "({}, {}) {sign} ({}, {})".format(*(text for text, _ in compiled), sign=self.extra["sign"])
        return sql, [value for _, values in compiled for value in values]


def _beyond(part: Part, position: Position, ascending: bool):
    if part.empty:
        return Q(pk__gt=position.pk) if ascending else Q(pk__lt=position.pk)
    key = Value(position.key, output_field=_field(part))
    return _Beyond(F(part.field), F("pk"), key, Value(position.pk), sign=">" if ascending else "<")


def _field(part: Part) -> models.Field:
    return Analysis._meta.get_field(part.field)


def _present() -> models.QuerySet:
    return Analysis.objects.present()


def _sql(queryset: models.QuerySet, part: Part, *more: str) -> tuple[str, tuple]:
    return queryset.values_list("id", part.field, *more).query.sql_with_params()


def _index_scan(
    queryset: models.QuerySet, part: Part, size: int, *more: str, ascending: bool, by_status: bool
) -> tuple[str, tuple]:
    """The SQL that reads a part along its index, and its parameters; `by_status`: the status is to be added as last."""
    if by_status:
        queryset = queryset.filter(status="")
    sign = "" if ascending else "-"
    sql, parameters = _sql(queryset.order_by(sign + part.field, f"{sign}pk")[:size], part, *more)
    return sql, parameters[:-1] if by_status else parameters


@lru_cache(200)
def _index_scan_from_the_end(part: Part, size: int, *more: str, ascending: bool, by_status: bool) -> tuple[str, tuple]:
    """As `_index_scan`, of all present analyses. Cached for polls: compiling it costs more than running it."""
    return _index_scan(_present().filter(part.where), part, size, *more, ascending=ascending, by_status=by_status)


def rows_of(ids: Sequence[int]) -> list[Row]:
    """The analyses with these ids, which are not empty, in no order, as rows without a position."""
    marks = ", ".join(["%s"] * len(ids))
    return _rows(f"(SELECT id, 0 AS segment, NULL AS sort_key FROM scans_analysis WHERE id IN ({marks}))", ids)


def _rows(found: str, parameters: Sequence, order: str = "page.id") -> list[Row]:
    """The rows of a subquery that has the columns `id`, `segment` and `sort_key`, in this order."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_SELECT_ROWS.format(found=found)} ORDER BY {order}", parameters)
        return [Row(*row) for row in cursor.fetchall()]


def _key_as_text(part: Part, stored: object) -> str:
    """A stored key as an address holds it."""
    field = _field(part)
    column = field.cached_col
    for convert in connection.ops.get_db_converters(column) + column.get_db_converters(connection):
        stored = convert(stored, column, connection)
    return field.value_to_string(SimpleNamespace(**{field.attname: stored}))


class Keyset:
    """Analyses in one of ORDERS, read from a position on.

    `queryset`: which analyses; None means all present ones. `statuses`: only these, None for all. `ids` by status: only
    these of the queryset, where it is known that there are no others.
    """

    def __init__(
        self,
        queryset: models.QuerySet | None,
        order: str,
        *,
        descending: bool,
        statuses: Iterable[str] | None = None,
        ids: Mapping[str, Sequence[int]] | None = None,
    ):
        self._queryset, self._ids, self._descending = queryset, ids, descending
        self._order = ORDERS[order]
        if statuses is not None:
            statuses = set(statuses)
            statuses = [code for code in ANALYSIS_STATUSES if code in statuses]
        elif not self._order.has_index_of_all:
            statuses = list(ANALYSIS_STATUSES)
        self._statuses: list[str | None] = [None] if statuses is None else statuses

    def first(self, size: int, number: int = 1) -> Slice:
        """The page of this number, at the cost of all before it; the last page where that one is empty."""
        rows = self.rows(number * size + 1)[(number - 1) * size :]
        if not rows and number > 1:
            return self.last(size)
        return Slice(rows[:size], has_previous=number > 1, has_next=len(rows) > size)

    def last(self, size: int) -> Slice:
        """The last `size` rows."""
        rows = self.rows(size + 1, forward=False)
        return Slice(rows[-size:], has_previous=len(rows) > size, has_next=False)

    def beside(self, size: int, position: Position) -> Slice:
        """The rows after (before) a position; the last (first) page where there are none."""
        rows = self.rows(size + 1, position)
        if position.forward:
            return Slice(rows[:size], has_previous=True, has_next=len(rows) > size) if rows else self.last(size)
        return Slice(rows[-size:], has_previous=True, has_next=True) if len(rows) > size else self.first(size)

    def rows(self, size: int, position: Position | None = None, *, forward: bool = True) -> list[Row]:
        """At most `size` rows after (before) a position, in the list's order; the first (last) rows without one."""
        forward = position.forward if position else forward
        found: list[Row] = []
        groups = self._groups
        for group in groups if forward else reversed(groups):
            group = self._onwards(group, position)
            if group and len(found) < size:
                found += self._read(group, size - len(found), position, forward)
        return found if forward else found[::-1]

    def ids(self, at_once: int = 1000) -> Iterator[list[int]]:
        """The ids of the whole list, in order, `at_once` of them per query: for exports, however long the list is."""
        rows = self.rows(at_once)
        while rows:
            yield [row.pk for row in rows]
            if len(rows) < at_once:
                return
            rows = self.rows(at_once, self.parse(str(self.position(rows[-1], forward=True))))

    def position(self, row: Row, *, forward: bool) -> Position:
        """The position after (before) this row, as `str` writes it into an address."""
        part = self._part(row.segment)
        return Position(row.segment, "" if part.empty else _key_as_text(part, row.key), row.pk, forward)

    def parse(self, text: str) -> Position | None:
        """The position that an address holds; None for anything else."""
        match = _POSITION.fullmatch(text)
        part = match and self._part(int(match["segment"]))
        if not part or "\0" in text:
            return None
        try:
            key = None if part.empty else _field(part).clean(match["key"], None)
        except (ValidationError, OverflowError):
            return None
        # A value that no database or calendar can hold is no position in any list.
        if isinstance(key, timedelta) and abs(key) > _LONGEST or isinstance(key, datetime) and key.year not in YEARS:
            return None
        return Position(int(match["segment"]), key, int(match["pk"]), match["direction"] == "after")

    def versions_sql(self, size: int, position: Position | None = None) -> tuple[str, list] | None:
        """SQL, and its parameters, for one text: "id.version" of the rows after a position, joined by dots, in order.

        A poll compares it at a third of the cost of `rows`. None where it takes more than one query, or finds nothing.
        """
        group = self._onwards(self._groups[0], position)
        if len(self._groups) != 1 or not group:
            return None
        # A single index scan reads the versions itself. Of several, most rows are dropped before versions are needed.
        more, join = (["version"], "") if len(group) == 1 else ([], "JOIN scans_analysis USING (id)")
        found, parameters, order = self._union(group, size, position, True, *more)
        of_each, rows = "page.id || '.' || version", f"FROM {found} page {join}"
        if connection.vendor == "postgresql":
            return f"SELECT string_agg({of_each}, '.' ORDER BY {order}) {rows}", parameters
        # SQLite takes an order inside the aggregate from 3.44 on; before, it takes the rows as they come.
        return f"SELECT group_concat(one, '.') FROM (SELECT {of_each} AS one {rows} ORDER BY {order}) each", parameters

    def _part(self, number: int) -> Part | None:
        return next((each.part for group in self._groups for each in group if each.number == number), None)

    @cached_property
    def _groups(self) -> list[list[Segment]]:
        """The segments in the list's order. One query reads a group: its segments share key and direction."""
        parts = self._order.parts_in_direction(self._descending)
        if self._order.by_status:
            codes = self._statuses[::-1] if self._descending else self._statuses
            last = len(ANALYSIS_STATUSES) - 1
            ranks = {code: last - rank if self._descending else rank for rank, code in enumerate(ANALYSIS_STATUSES)}
            return [[Segment(ranks[code], parts[0], code) for code in codes]]
        return [
            [Segment(number, part, code) for code in self._statuses if code is None or code in part.statuses]
            for number, part in enumerate(parts)
        ]

    @staticmethod
    def _onwards(group: list[Segment], position: Position | None) -> list[Segment]:
        """The segments of a group that hold the position or lie beyond it."""
        if position is None:
            return group
        at, forward = position.segment, position.forward
        return [each for each in group if each.number == at or (each.number > at) == forward]

    def _read(self, group: list[Segment], size: int, position: Position | None, forward: bool) -> list[Row]:
        return _rows(*self._union(group, size, position, forward))

    def _union(
        self, group: list[Segment], size: int, position: Position | None, forward: bool, *more: str
    ) -> tuple[str, list, str]:
        """A subquery for `size` rows of a group, with the columns `more` beside; its parameters; and its order."""
        part = group[0].part
        ascending = part.ascends(self._descending) == forward
        by = _DIRECTION[ascending]
        order = f"page.segment {_DIRECTION[forward]}, page.sort_key {by}, page.id {by}"
        branches, parameters, compiled = [], [], {}
        for each in group:
            start = position if position and position.segment == each.number else None
            # Compiling SQL takes longer than running it: once for all statuses, unless each has ids of its own.
            alike = (start, each.status if self._ids is not None else None)
            if alike not in compiled:
                compiled[alike] = self._branch(each, size, start, ascending, *more)
            sql, values = compiled[alike]
            columns = ", ".join([f"{each.number} AS segment", "id", f"{part.field} AS sort_key", *more])
            branches.append(f"SELECT {columns} FROM ({sql}) b{each.number}")
            parameters += values if each.status is None or self._ids is not None else [*values, each.status]
        every = " UNION ALL ".join(branches)
        return f"(SELECT * FROM ({every}) page ORDER BY {order} LIMIT {size})", parameters, order

    def _branch(
        self, segment: Segment, size: int, start: Position | None, ascending: bool, *more: str
    ) -> tuple[str, tuple]:
        """The SQL that reads one segment, and its parameters without the segment's status, which comes last."""
        part, direction = segment.part, {"ascending": ascending, "by_status": segment.status is not None}
        if self._queryset is None and self._ids is None and not start:
            return _index_scan_from_the_end(part, size, *more, **direction)
        queryset = (_present() if self._queryset is None else self._queryset).filter(part.where)
        if start:
            queryset = queryset.filter(_beyond(part, start, ascending))
        if self._ids is not None:
            # All of these few are sorted. The limit keeps a planner from reading the index past all others instead.
            ids = self._ids.get(segment.status, ())
            return _sql(queryset.filter(pk__in=ids).order_by()[: len(ids) or 1], part, *more)
        return _index_scan(queryset, part, size, *more, **direction)

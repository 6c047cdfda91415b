"""Walking through the list of analyses: the rows of a page, found along the indexes of an order.

See `listing` for the orders. A page costs the same however many analyses there are and wherever in the list it is.
"""
# ruff: noqa: S608 - statements of our own; what comes from outside is in their parameters

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from types import SimpleNamespace

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models import F, Func, Q, Value

from scans.analysis_list.ordering import COLUMNS, YEARS, Page, Part, Position, Row, Step
from scans.models import Analysis
from scans.statuses import ANALYSIS_STATUSES

_SIGN = {True: "ASC", False: "DESC"}
_POSITION = re.compile(
    r"(?P<direction>after|before)~(?P<step>\d{1,2})~(?P<key>.*)~(?P<pk>\d{1,18})", re.DOTALL | re.ASCII
)
_A_STATUS = "a status"
_LONGEST = timedelta(days=100_000_000)  # in microseconds less than 2 to the 63rd
_ROWS = """
    SELECT page.id, analysis.version, page.step, page.sort_key, analysis.status, analysis.changed_at, owner.username"""
_OF_THEM = """
    JOIN scans_analysis analysis ON analysis.id = page.id LEFT JOIN auth_user owner ON owner.id = analysis.owner_id"""


def _field(part: Part) -> models.Field:
    return Analysis._meta.get_field(part.field)


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


def _sql(queryset: models.QuerySet, part: Part, *more: str) -> tuple[str, tuple]:
    return queryset.values_list("id", part.field, *more).query.sql_with_params()


def _along(
    queryset: models.QuerySet, part: Part, size: int, *more: str, up: bool, by_status: bool
) -> tuple[str, tuple]:
    """A walk along the index of a part, of one status or of all; _A_STATUS stands for the status."""
    if by_status:
        queryset = queryset.filter(status=_A_STATUS)
    sign = "" if up else "-"
    return _sql(queryset.order_by(sign + part.field, f"{sign}pk")[:size], part, *more)


@lru_cache(200)
def _from_the_end(part: Part, size: int, *more: str, up: bool, by_status: bool) -> tuple[str, tuple]:
    """As `_along`, of all present analyses from one end on: every poll asks it, and to write it takes longer."""
    return _along(_present().filter(part.where), part, size, *more, up=up, by_status=by_status)


def _present() -> models.QuerySet:
    return Analysis.objects.present()


def rows_of(ids: Sequence[int]) -> list[Row]:
    """The analyses with these ids, at least one, as rows that are nowhere in an order."""
    nowhere = (
        f"(SELECT id, 0 AS step, NULL AS sort_key FROM scans_analysis WHERE id IN ({', '.join(['%s'] * len(ids))}))"
    )
    return _rows(f"{nowhere} page {_OF_THEM}", ids)


def _rows(found: str, parameters: Sequence) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_ROWS} FROM {found}", parameters)
        return [Row(*row) for row in cursor.fetchall()]


def _as_text(part: Part, stored: object) -> str:
    """A key as an address has it."""
    field = _field(part)
    column = field.cached_col
    for convert in connection.ops.get_db_converters(column) + column.get_db_converters(connection):
        stored = convert(stored, column, connection)
    return field.value_to_string(SimpleNamespace(**{field.attname: stored}))


class Walk:
    """Analyses in the order of a column, to be walked through.

    `statuses` are those to walk through, None for all. `ids` by status, where they are known to be the only ones
    that count, keeps it to these; the queryset narrows down further. Without one, all present analyses are meant.
    """

    def __init__(
        self,
        queryset: models.QuerySet | None,
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
            leg = self._onwards(leg, position)
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
            rows = self.rows(at_once, self.parse(str(self.position(rows[-1], forward=True))))

    def position(self, row: Row, *, forward: bool) -> Position:
        """Where the list goes on after (before) this row."""
        part = self._part(row.step)
        return Position(row.step, "" if part.empty else _as_text(part, row.key), row.pk, forward)

    def parse(self, text: str) -> Position | None:
        """The position that this text means; None where it means none."""
        match = _POSITION.fullmatch(text)
        part = match and self._part(int(match["step"]))
        if not part or "\0" in text:
            return None
        try:
            key = None if part.empty else _field(part).clean(match["key"], None)
        except (ValidationError, OverflowError):
            return None
        # What no database or calendar can count is no place in any list.
        if isinstance(key, timedelta) and abs(key) > _LONGEST or isinstance(key, datetime) and key.year not in YEARS:
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

    def versions(self, size: int, position: Position | None = None) -> tuple[str, list] | None:
        """SQL and its parameters that answer with one text: "id.version" of the next rows after a position, as listed.

        What a poll compares costs a third of reading `rows` so. None where one query does not find them all.
        """
        leg = self._onwards(self._legs[0], position)
        if len(self._legs) != 1 or not leg:
            return None
        # One walk reads the versions on its way; of several, most of what they find is not listed.
        more, join = (["version"], "") if len(leg) == 1 else ([], "JOIN scans_analysis USING (id)")
        found, parameters, order = self._found(leg, size, position, True, *more)
        of_each, rows = "page.id || '.' || version", f"FROM {found} page {join}"
        if connection.vendor == "postgresql":
            return f"SELECT string_agg({of_each}, '.' ORDER BY {order}) {rows}", parameters
        # SQLite takes the order into the aggregate from 3.44 on; before, it takes the rows as they come.
        return f"SELECT group_concat(one, '.') FROM (SELECT {of_each} AS one {rows} ORDER BY {order}) each", parameters

    @staticmethod
    def _onwards(leg: list[Step], position: Position | None) -> list[Step]:
        """Those steps of a leg that lie at the position or beyond."""
        if position is None:
            return leg
        at, forward = position.step, position.forward
        return [step for step in leg if step.number == at or (step.number > at) == forward]

    def _walk(self, leg: list[Step], size: int, position: Position | None, forward: bool) -> list[Row]:
        found, parameters, order = self._found(leg, size, position, forward)
        return _rows(f"{found} page {_OF_THEM} ORDER BY {order}", parameters)

    def _found(
        self, leg: list[Step], size: int, position: Position | None, forward: bool, *more: str
    ) -> tuple[str, list, str]:
        """What one query finds of a leg, `more` columns of it too, as a subquery, its parameters, and its order."""
        part = leg[0].part
        up = part.goes_up(self._descending) == forward
        order = f"page.step {_SIGN[forward]}, page.sort_key {_SIGN[up]}, page.id {_SIGN[up]}"
        branches, parameters, written = [], [], {}
        for step in leg:
            begins_here = position is not None and position.step == step.number
            # Writing SQL takes longer than running it: once for all statuses, unless each has ids of its own.
            alike = (begins_here, step.status if self._ids is not None else None)
            if alike not in written:
                written[alike] = self._branch(step, size, position if begins_here else None, up, *more)
            sql, values = written[alike]
            columns = ", ".join([f"{step.number} AS step", "id", f"{part.field} AS sort_key", *more])
            branches.append(f"SELECT {columns} FROM ({sql}) b{step.number}")
            parameters += (step.status if value is _A_STATUS else value for value in values)
        every = " UNION ALL ".join(branches)
        return f"(SELECT * FROM ({every}) page ORDER BY {order} LIMIT {size})", parameters, order

    def _branch(self, step: Step, size: int, position: Position | None, up: bool, *more: str) -> tuple[str, tuple]:
        """One walk along an index, as SQL and its parameters; _A_STATUS among them stands for the step's."""
        part, by_status = step.part, step.status is not None
        if self._queryset is None and self._ids is None and not position:
            return _from_the_end(part, size, *more, up=up, by_status=by_status)
        queryset = (_present() if self._queryset is None else self._queryset).filter(part.where)
        if position:
            queryset = queryset.filter(_beyond(part, position, up))
        if self._ids is not None:
            # These few are all sorted. The limit keeps a planner from walking past all the others instead.
            ids = self._ids.get(step.status, ())
            return _sql(queryset.filter(pk__in=ids).order_by()[: len(ids) or 1], part, *more)
        return _along(queryset, part, size, *more, up=up, by_status=by_status)

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

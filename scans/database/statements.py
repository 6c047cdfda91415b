"""Statements of every verb and every poll: Django takes longer to write one than a database to answer it.

So each is written once in a process and run with other values ever after: 2.5 times as many transitions a second.
"""
# ruff: noqa: S608 - names of our own models and columns; values are parameters

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from django.db import connection, models
from django.db.models import Count, Sum

from scans.severities import SEVERITIES


def row(model: type[models.Model], pk: int, *, lock: bool = False) -> models.Model:
    """The row with this key, locked until the transaction ends where asked; raises the model's DoesNotExist."""
    sql, names, converters = _by_key(model, lock)
    with connection.cursor() as cursor:
        cursor.execute(sql, [pk])
        values = cursor.fetchone()
    if values is None:
        raise model.DoesNotExist(f"There is no {model.__name__} {pk}.")
    values = list(values)
    for place, convert, column in converters:
        values[place] = convert(values[place], column, connection)
    return model.from_db(connection.alias, names, values)


@cache
def _by_key(model: type[models.Model], lock: bool) -> tuple[str, list[str], list[tuple]]:
    """The read of a row, its attributes in this order, and (place, function, column): what makes values of Python."""
    rows = model.objects.select_for_update() if lock else model.objects.all()
    compiler = rows.filter(pk=0).order_by().query.get_compiler(connection=connection)
    sql, _parameters = compiler.as_sql()
    columns = [column for column, _sql, _alias in compiler.select]
    converters = compiler.get_converters(columns).items()
    names = [column.target.attname for column in columns]
    return sql, names, [(place, one, column) for place, (each, column) in converters for one in each]


def insert(new: models.Model) -> None:
    """Store a new row, whose key is the database's to give and is not asked for; neither save() nor signals run."""
    sql, fields = _insertion(type(new))
    _execute(sql, [_prepared(field, getattr(new, field.attname)) for field in fields])


@cache
def _insertion(model: type[models.Model]) -> tuple[str, list[models.Field]]:
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    names, values = ", ".join(_column(field) for field in fields), ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {_table(model)} ({names}) VALUES ({values})", fields


def update(
    model: type[models.Model],
    pk: int,
    changes: Mapping[str, object],
    *,
    where: Mapping[str, object] | None = None,
    counted_up: str = "",
) -> bool:
    """Write these columns of one row, and count one up; whether there is such a row that has the values of `where`."""
    where = where or {}
    sql, fields = _change(model, tuple(changes), tuple(where), counted_up)
    values = [*changes.values(), *where.values()]
    return bool(_execute(sql, [*map(_prepared, fields, values), pk]))


@cache
def _change(
    model: type[models.Model], changes: tuple[str, ...], where: tuple[str, ...], counted_up: str
) -> tuple[str, list[models.Field]]:
    fields = [model._meta.get_field(name) for name in (*changes, *where)]
    sets = [f"{_column(field)} = %s" for field in fields[: len(changes)]]
    sets += [f"{name} = {name} + 1" for name in [counted_up] if name]
    conditions = [f"{_column(field)} = %s" for field in fields[len(changes) :]]
    conditions.append(f"{_column(model._meta.pk)} = %s")
    return f"UPDATE {_table(model)} SET {', '.join(sets)} WHERE {' AND '.join(conditions)}", fields


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _column(field: models.Field) -> str:
    return connection.ops.quote_name(field.column)


def _prepared(field: models.Field, value: object) -> object:
    return field.get_db_prep_save(value, connection)


def _execute(sql: str, parameters: Iterable[object]) -> int:
    """How many rows the statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def totals_by_status(url_scan: type[models.Model], analysis_id: int) -> dict[str, dict[str, int]]:
    """Per status, of the URL scans of one analysis: how many `urls` have it, and their findings by severity."""
    with connection.cursor() as cursor:
        cursor.execute(_totals(url_scan), [analysis_id])
        return {status: dict(zip(["urls", *SEVERITIES], counts, strict=True)) for status, *counts in cursor.fetchall()}


@cache
def _totals(url_scan: type[models.Model]) -> str:
    sums = {name: Sum(f"findings_{name}") for name in SEVERITIES}
    of_one = url_scan.objects.filter(analysis=0).order_by()
    return of_one.values("status").annotate(urls=Count("pk"), **sums).query.sql_with_params()[0]


def series_version(analysis_id: int) -> str:
    """Differs from what it was whenever anything changed in this run or another of its series."""
    if analysis_id > models.BigIntegerField.MAX_BIGINT:
        return "0.0"  # an address that somebody made up; SQLite would refuse the number
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, [analysis_id])
        runs, versions = cursor.fetchone()
    return f"{runs}.{versions or 0}"


_SERIES = """
    SELECT count(*), sum(version) FROM scans_analysis
    WHERE series_id = (SELECT series_id FROM scans_analysis WHERE id = %s)"""

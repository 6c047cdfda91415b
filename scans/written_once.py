"""Reads of every verb and every poll: Django takes longer to write such a statement than a database to answer it.

So each is written once in a process, by the ORM, and run with another key ever after.
"""

from __future__ import annotations

from functools import cache

from django.db import connection, models
from django.db.models import Count, Sum

from scans.listing import SEVERITIES


def row(model: type[models.Model], pk: int, *, lock: bool = False) -> models.Model:
    """The row with this key, locked until the transaction ends where asked; raises the model's DoesNotExist."""
    found = list(model.objects.raw(_by_key(model, lock), [pk]))
    if not found:
        raise model.DoesNotExist(f"There is no {model.__name__} {pk}.")
    return found[0]


@cache
def _by_key(model: type[models.Model], lock: bool) -> str:
    rows = model.objects.select_for_update() if lock else model.objects.all()
    return _statement(rows.filter(pk=0))


def totals_by_status(url_scan: type[models.Model], analysis_id: int) -> dict[str, dict[str, int]]:
    """Per status, of the URL scans of one analysis: how many `urls` have it, and their findings by severity."""
    with connection.cursor() as cursor:
        cursor.execute(_totals(url_scan), [analysis_id])
        return {status: dict(zip(["urls", *SEVERITIES], counts, strict=True)) for status, *counts in cursor.fetchall()}


@cache
def _totals(url_scan: type[models.Model]) -> str:
    sums = {name: Sum(f"findings_{name}") for name in SEVERITIES}
    return _statement(url_scan.objects.filter(analysis=0).values("status").annotate(urls=Count("pk"), **sums))


def _statement(rows: models.QuerySet) -> str:
    """The SQL of a query whose one parameter is its key."""
    return rows.order_by().query.sql_with_params()[0]


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

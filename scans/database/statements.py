"""Our own SQL for queries of every poll or verb: Django's ORM takes longer to build them than they take to run."""

from collections.abc import Collection

from django.db import connection, models
from django.db.transaction import TransactionManagementError

from scans.severities import SEVERITIES

_SERIES = """
    SELECT count(*), sum(version) FROM scans_analysis
    WHERE series_id = (SELECT series_id FROM scans_analysis WHERE id = %s)"""

_TOTALS = f"""
    SELECT analysis_id, status, count(*), {", ".join(f"sum(findings_{severity})" for severity in SEVERITIES)}
    FROM scans_urlscan WHERE analysis_id IN ({{ids}}) GROUP BY analysis_id, status"""  # noqa: S608 - our own columns


def row(model: type[models.Model], pk: int, *, lock: bool = False) -> models.Model:
    """Return the row with this id, as `objects.get` does; with `lock`, locked until the transaction ends.

    Every verb reads two rows. To name their 80 columns one by one takes Django longer than the rest of a verb. Raises
    the model's DoesNotExist, and TransactionManagementError for a lock outside a transaction.
    """
    if lock and not connection.in_atomic_block:
        raise TransactionManagementError("A lock ends with its transaction, and there is none.")
    for_update = connection.ops.for_update_sql() if lock and connection.features.has_select_for_update else ""
    sql = f"SELECT * FROM {model._meta.db_table} WHERE id = %s {for_update}"  # noqa: S608 - our own tables
    for found in model.objects.raw(sql, [pk]):
        return found
    raise model.DoesNotExist(f"There is no {model._meta.verbose_name} {pk}.")


def totals_by_status(analysis_ids: Collection[int]) -> dict[int, dict[str, dict[str, int]]]:
    """Return for each of these analyses the totals of its URL scans by status: `urls`, and findings by severity.

    A status that no URL scan has is missing; so an analysis without URL scans has an empty dictionary.
    """
    totals = {analysis_id: {} for analysis_id in analysis_ids}
    if not totals:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS.format(ids=", ".join(["%s"] * len(totals))), list(totals))
        for analysis_id, status, *counts in cursor.fetchall():
            totals[analysis_id][status] = dict(zip(["urls", *SEVERITIES], counts, strict=True))
    return totals


def series_version(analysis_id: int) -> str:
    """Return a text that differs after any change of any run in this analysis' series; "0.0" for an unknown id."""
    if analysis_id > models.BigIntegerField.MAX_BIGINT:
        return "0.0"  # SQLite refuses such a large number; only a typed address can contain it
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, [analysis_id])
        runs, versions = cursor.fetchone()
    return f"{runs}.{versions or 0}"

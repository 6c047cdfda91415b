"""Our own SQL for queries of every poll or verb: Django's ORM takes longer to build them than they take to run."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection, models
from django.db.transaction import TransactionManagementError
from django.utils.dateparse import parse_datetime

from scans.severities import DISMISSED, DISMISSING_MARKS, SEVERITIES
from scans.statuses import PUBLISHED_AS

_SERIES = """
    SELECT count(*), sum(version), (
        SELECT count(*) FROM (
            SELECT 1 FROM scans_analysis WHERE waiting_since IS NOT NULL
                AND waiting_since < (SELECT waiting_since FROM scans_analysis WHERE id = %s) LIMIT 99
        ) ahead)
    FROM scans_analysis
    WHERE series_id = (SELECT series_id FROM scans_analysis WHERE id = %s)"""

_FOUND = " + ".join(f"findings_{severity}" for severity in SEVERITIES)
_DISMISSING = ", ".join(f"'{mark}'" for mark in DISMISSING_MARKS)
_TOTALS = f"""
    SELECT analysis_id, status, count(CASE WHEN {_FOUND} > 0 THEN 1 END), EXISTS (
            SELECT 1 FROM scans_triagemark mark JOIN scans_analysis analysis ON analysis.series_id = mark.series_id
            WHERE analysis.id = scans_urlscan.analysis_id AND mark.mark IN ({_DISMISSING})), count(*),
        {", ".join(f"sum(findings_{severity})" for severity in SEVERITIES)}
    FROM scans_urlscan WHERE analysis_id IN ({{ids}}) GROUP BY analysis_id, status"""  # noqa: S608 - our own columns

# Each weakness once, in the status of one of the URL scans that have it: a published one, if there is one.
_RANK = " ".join(f"WHEN '{severity}' THEN {rank}" for rank, severity in enumerate(SEVERITIES))
_PUBLISHED = ", ".join(f"'{status}'" for status in PUBLISHED_AS.values())
_WEAKNESSES = f"""
    SELECT analysis_id, substr(status, 2), worst, count(*) FROM (
        SELECT scan.analysis_id,
            CASE WHEN max(mark.id) IS NULL THEN min(CASE finding.severity {_RANK} END) ELSE {len(SEVERITIES)} END
                AS worst,
            min(CASE WHEN scan.status IN ({_PUBLISHED}) THEN '0' ELSE '1' END || scan.status) AS status
        FROM scans_finding finding JOIN scans_urlscan scan ON scan.id = finding.url_scan_id
        JOIN scans_analysis analysis ON analysis.id = scan.analysis_id
        LEFT JOIN scans_triagemark mark ON mark.series_id = analysis.series_id
            AND mark.fingerprint = finding.fingerprint AND mark.mark IN ({_DISMISSING})
        WHERE scan.analysis_id IN ({{ids}}) GROUP BY scan.analysis_id, finding.fingerprint
    ) weakness GROUP BY 1, 2, 3"""  # noqa: S608 - our own columns

# By the clock of the database: those of the machines that read a lease may differ.
_IN_SECONDS = {
    "sqlite": "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', '+' || %s || ' seconds')",
    "postgresql": "statement_timestamp() + make_interval(secs => %s)",
}
_RENEW = """
    UPDATE scans_urlscan SET lease_until = {in_seconds} WHERE id = %s AND lease_holder = %s
    RETURNING status, lease_until,
        (SELECT expires_at FROM scans_analysis WHERE scans_analysis.id = scans_urlscan.analysis_id)"""


class Renewed(NamedTuple):
    """A URL scan whose lease was renewed: its status, the new end of its lease, the end of its duration."""

    status: str
    lease_until: datetime
    expires_at: datetime | None


def renew_lease(url_scan_id: int, holder: str, seconds: int) -> Renewed | None:
    """Let the lease of a URL scan end in so many seconds. Returns None if it has another holder."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW.format(in_seconds=_IN_SECONDS[connection.vendor]), [seconds, url_scan_id, holder])
        renewed = cursor.fetchone()
    return Renewed(renewed[0], *map(_moment, renewed[1:])) if renewed else None


def _moment(stored: datetime | str | None) -> datetime | None:
    """Return a moment that our own statement read: SQLite gives a text or a moment without a time zone."""
    moment = parse_datetime(stored) if isinstance(stored, str) else stored
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


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
    """Return for each of these analyses the totals of its URL scans by status: `urls`, and weaknesses by severity:
    open ones, and beside them how many are `dismissed`.

    A weakness that several URL scans have counts once, for a published one if there is one. A status that no URL scan
    has is missing; so an analysis without URL scans has an empty dictionary.
    """
    totals = {analysis_id: {} for analysis_id in analysis_ids}
    with_findings = Counter()
    with_dismissed = set()
    for analysis_id, status, found, some_dismissed, *counts in _for_each(_TOTALS, totals):
        totals[analysis_id][status] = {**dict(zip(["urls", *SEVERITIES], counts, strict=True)), DISMISSED: 0}
        with_findings[analysis_id] += found
        if some_dismissed:
            with_dismissed.add(analysis_id)
    # The sums of the URL scans are right for the others.
    looked_at = [pk for pk, found in with_findings.items() if found > 1 or found and pk in with_dismissed]
    for analysis_id in looked_at:
        for total in totals[analysis_id].values():
            total.update(dict.fromkeys(SEVERITIES, 0))
    for analysis_id, status, worst, count in _for_each(_WEAKNESSES, looked_at):
        totals[analysis_id][status][(*SEVERITIES, DISMISSED)[worst]] = count
    return totals


def _for_each(sql: str, ids: Collection[int]) -> list[tuple]:
    """Return the rows of a statement about these ids; none for no ids."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql.format(ids=", ".join(["%s"] * len(ids))), list(ids))
        return cursor.fetchall()


class SeriesState(NamedTuple):
    """A text that differs after any change of any run in a series, and how many analyses have waited longer for a slot
    than the one asked for, at most 99."""

    version: str
    ahead: int


def series_state(analysis_id: int) -> SeriesState:
    """Return the state of this analysis' series; that of an unknown id is "0.0.0"."""
    if analysis_id > models.BigIntegerField.MAX_BIGINT:
        return SeriesState("0.0.0", 0)  # SQLite refuses such a large number; only a typed address can contain it
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, [analysis_id, analysis_id])
        runs, versions, ahead = cursor.fetchone()
    return SeriesState(f"{runs}.{versions or 0}.{ahead}", ahead)

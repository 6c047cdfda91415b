"""SQL that every poll or every verb runs: Django takes longer to write it than a database to answer it."""

from __future__ import annotations

from django.db import connection, models

from scans.severities import SEVERITIES

_SERIES = """
    SELECT count(*), sum(version) FROM scans_analysis
    WHERE series_id = (SELECT series_id FROM scans_analysis WHERE id = %s)"""

_TOTALS = f"""
    SELECT status, count(*), {", ".join(f"sum(findings_{severity})" for severity in SEVERITIES)}
    FROM scans_urlscan WHERE analysis_id = %s GROUP BY status"""  # noqa: S608 - names of our own columns


def totals_by_status(analysis_id: int) -> dict[str, dict[str, int]]:
    """Per status of the URL scans of an analysis: how many `urls` have it, and their findings by severity."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, [analysis_id])
        return {status: dict(zip(["urls", *SEVERITIES], counts, strict=True)) for status, *counts in cursor.fetchall()}


def series_version(analysis_id: int) -> str:
    """A text that differs after any change in this run or another run of its series; "0.0" for an unknown id."""
    if analysis_id > models.BigIntegerField.MAX_BIGINT:
        return "0.0"  # SQLite refuses such a number, which only a typed address can hold
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, [analysis_id])
        runs, versions = cursor.fetchone()
    return f"{runs}.{versions or 0}"

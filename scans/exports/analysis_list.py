"""The list of analyses as CSV and JSON: every page of it."""

from collections.abc import Callable, Iterator, Sequence

from django.utils import timezone

from scans.analysis_list.keyset import Keyset
from scans.database import clock
from scans.exports.data import iso, values_of
from scans.exports.streams import HERE, json_pieces
from scans.exports.tables import csv_lines
from scans.models import Analysis, UrlScan
from scans.severities import DISMISSED, SEVERITIES

FORMAT = {"format": "dynamic-analyses/list", "version": 1}
CHUNK = 500  # rows in memory at a time, with one query for the totals of their URL scans
ANALYSIS_COLUMNS = [
    *("id", "name", "run", "status", "label", "warning", "owner", "urls", "urls_ended"),
    *("critical", "high", "medium", "low", "info", "urls_under_verification"),
    *("start_at", "started_at", "ended_at", "duration_seconds", "changed_at", "address", "urls_with_notices"),
    DISMISSED,
]


def as_csv(keyset: Keyset, user, address: Callable[[str], str]) -> Iterator[str]:
    """One line per analysis, in the list's order. `address` makes a path a whole address."""
    rows = ([row[name] for name in ANALYSIS_COLUMNS] for row in _rows(keyset, user, address))
    return csv_lines(ANALYSIS_COLUMNS, rows)


def as_json(keyset: Keyset, user, address: Callable[[str], str], *, query: str, notices: list[str]) -> Iterator[str]:
    """One object: the query, the notices about values that were ignored, and the analyses."""
    asked = {"made_at": iso(timezone.now()), "query": query, "notices": notices}
    document = {**FORMAT, **asked, "analyses": [HERE]}
    return json_pieces(document, _rows(keyset, user, address))


def _rows(keyset: Keyset, user, address: Callable[[str], str]) -> Iterator[dict]:
    for ids in keyset.ids(CHUNK):
        yield from rows_of(ids, user, address)


def rows_of(ids: Sequence[int], user, address: Callable[[str], str]) -> Iterator[dict]:
    """The analyses with these ids as plain data, in this order. Three queries, however many there are."""
    found = Analysis.objects.select_related("owner").in_bulk(ids)
    totals = UrlScan.objects.filter(analysis__in=ids).totals_by_analysis(user)
    for analysis in (found[pk] for pk in ids if pk in found and pk in totals):
        counts = totals[analysis.pk] | analysis.count_findings(user)
        yield _row(analysis, counts) | {"address": address(analysis.get_absolute_url())}


def _row(analysis: Analysis, totals: dict[str, int]) -> dict:
    """Plain data. Findings that the user may not see yet are left out; `urls_under_verification` says in how many."""
    ran_for = analysis.ran_for(clock.now())
    return {
        **values_of(analysis, "id name run status"),
        **values_of(analysis.info, "label warning"),
        "owner": str(analysis.owner or ""),
        "urls": totals["urls"],
        "urls_ended": totals["ended"],
        **{name: totals[name] for name in (*SEVERITIES, DISMISSED)},
        "urls_under_verification": totals["hidden"],
        "start_at": iso(analysis.start_at),
        "started_at": iso(analysis.started_at),
        "ended_at": iso(analysis.ended_at),
        "duration_seconds": int(ran_for.total_seconds()) if ran_for is not None else None,
        "changed_at": iso(analysis.changed_at),
        "urls_with_notices": totals["noticed"],
    }

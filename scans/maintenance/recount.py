"""Counting again what is stored as a sum or a copy, and correcting any difference. There should be none."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count, Max, Sum

from scans.database.search_text import search_text
from scans.database.statements import totals_by_status
from scans.models import Analysis, AnalysisSearch, StatusCount, UrlScan
from scans.statuses.rollup import kept_columns

BATCH = 2000  # analyses in one transaction


def recount() -> Iterator[dict]:
    """Correct and yield every difference: `what` differs, its `kept` value and its `counted` value.

    Works in short transactions, so that it can run beside the product.
    """
    yield from _status_counts()
    last = Analysis.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(1, last + 1, BATCH):
        with transaction.atomic():
            yield from _columns(range(first, first + BATCH))
            yield from _texts(range(first, first + BATCH))


def _status_counts() -> Iterator[dict]:
    # One statement, so that both are counted at the same moment, even while others write.
    counted = Analysis.objects.present().order_by().values("status").annotate(counted=Count("pk"), kept=Sum("pk") * 0)
    kept = StatusCount.objects.values("status").annotate(counted=Sum("count") * 0, kept=Sum("count"))
    totals = {"counted": Counter(), "kept": Counter()}
    for row in counted.union(kept, all=True):
        for name, counter in totals.items():
            counter[row["status"]] += row[name]
    for status in sorted(totals["counted"].keys() | totals["kept"].keys()):
        was, is_now = totals["kept"][status], totals["counted"][status]
        if was != is_now:
            StatusCount(status=status, count=is_now - was).save()
            yield {"what": f"analyses that are {status}", "kept": was, "counted": is_now}


def _columns(pks: range) -> Iterator[dict]:
    """Compare the derived columns of these analyses. Only an analysis that differs is locked."""
    for analysis, _ in _differing(Analysis.objects.filter(pk__range=(pks[0], pks[-1]))):
        # Compared again under the lock: the first look read analysis and URL scans at two moments.
        for locked, counted in _differing(Analysis.objects.select_for_update().filter(pk=analysis.pk)):
            Analysis.objects.filter(pk=locked.pk).update(**counted)
            for name, value in counted.items():
                kept = getattr(locked, name)
                yield {"what": f"{name} of analysis {locked.pk}", "kept": _plain(kept), "counted": _plain(value)}


def _differing(analyses) -> list[tuple[Analysis, dict]]:
    """The analyses whose derived columns are wrong, each with the right values of these columns."""
    analyses = list(analyses)
    pks = [analysis.pk for analysis in analyses]
    totals = totals_by_status(pks)
    since = UrlScan.objects.filter(analysis__in=pks).waiting_since()
    compared = (
        (analysis, {**_counted(analysis, totals[analysis.pk]), "waiting_since": since.get(analysis.pk)})
        for analysis in analyses
    )
    different = (
        (analysis, {name: value for name, value in counted.items() if getattr(analysis, name) != value})
        for analysis, counted in compared
    )
    return [(analysis, values) for analysis, values in different if values]


def _counted(analysis: Analysis, totals: dict) -> dict:
    ended = analysis.started_at and analysis.ended_at
    kept = kept_columns(totals, analysis.status)
    if analysis.deleted_at:  # its findings are removed and cannot be counted any more
        kept = {"urls": kept["urls"]}
    return {**kept, "run_time": ended - analysis.started_at if ended else None}


def _texts(pks: range) -> Iterator[dict]:
    """Compare the search texts of these analyses."""
    of_these = {"analysis_id__gte": pks[0], "analysis_id__lte": pks[-1]}
    kept = dict(AnalysisSearch.objects.filter(**of_these).values_list("pk", "text"))
    present = Analysis.objects.present().filter(pk__range=(pks[0], pks[-1]))
    urls = defaultdict(list)
    scans = UrlScan.objects.filter(**of_these).order_by("position")
    for pk, url in scans.values_list("analysis_id", "url"):
        urls[pk].append(url)
    for analysis in present.only("pk", "name"):
        counted = search_text(analysis.name, urls[analysis.pk])
        if kept.get(analysis.pk) != counted:
            AnalysisSearch.keep(analysis, urls[analysis.pk])
            yield {"what": f"text of analysis {analysis.pk}", "kept": kept.get(analysis.pk), "counted": counted}


def _plain(value):
    return value if isinstance(value, int | None) else str(value)

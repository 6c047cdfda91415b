"""Counting again what is stored as a sum or a copy, and correcting any difference. There should be none."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from django.db import transaction
from django.db.models import Count, F, Max, Min, QuerySet, Sum

from scans.database.search_text import search_text
from scans.database.statements import totals_by_status
from scans.models import Analysis, AnalysisSearch, Finding, StatusCount, UrlScan
from scans.models.querysets import SEVERITY_RANK
from scans.severities import SEVERITIES
from scans.statuses import UrlScanStatus
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
            yield from _findings(range(first, first + BATCH))
            yield from _columns(range(first, first + BATCH))
            yield from _texts(range(first, first + BATCH))


def correct(analysis_id: int) -> None:
    """Correct the derived columns of one analysis, if they differ."""
    with transaction.atomic():
        list(_columns(range(analysis_id, analysis_id + 1)))


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


def _findings(pks: range) -> Iterator[dict]:
    """Compare the counts of findings of the URL scans of these analyses. Only one that differs is locked."""
    of_these = UrlScan.objects.filter(analysis__pk__range=(pks[0], pks[-1]))
    for scan, _ in _wrongly_counted(of_these):
        # Compared again under the lock of its analysis: its worker may have stored more meanwhile.
        Analysis.objects.select_for_update().get(pk=scan.analysis_id)
        for locked, counted in _wrongly_counted(UrlScan.objects.filter(pk=scan.pk)):
            UrlScan.objects.filter(pk=locked.pk).update(**counted)
            Analysis.objects.filter(pk=locked.analysis_id).update(version=F("version") + 1)  # so that pages show it
            for name, value in counted.items():
                yield {"what": f"{name} of URL scan {locked.pk}", "kept": getattr(locked, name), "counted": value}


def _wrongly_counted(scans: QuerySet[UrlScan]) -> list[tuple[UrlScan, dict]]:
    """The URL scans whose counts of findings are wrong, each with the right values. Not while findings are removed."""
    kept = scans.filter(analysis__deleted_at=None).exclude(status=UrlScanStatus.STOPPING_DELETING_RESULTS)
    columns = {severity: f"findings_{severity}" for severity in SEVERITIES}
    scans = list(kept.only("analysis_id", *columns.values()))
    found = Finding.objects.filter(url_scan__in=kept.order_by().values("pk"))
    counted = defaultdict(Counter)
    weaknesses = found.order_by().values("url_scan", "fingerprint").annotate(worst=Min(SEVERITY_RANK))
    for pk, worst in weaknesses.values_list("url_scan", "worst").iterator():
        counted[pk][SEVERITIES[worst]] += 1
    right = ((scan, {name: counted[scan.pk][severity] for severity, name in columns.items()}) for scan in scans)
    wrong = (
        (scan, {name: value for name, value in values.items() if getattr(scan, name) != value})
        for scan, values in right
    )
    return [(scan, values) for scan, values in wrong if values]


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

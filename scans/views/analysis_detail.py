"""The summary of one analysis, with its activity log."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import View

from scans import htmx
from scans.filtersets import ActivityLogFilterSet
from scans.models import ActivityLogEntry, Analysis, BlackoutWindow, Finding, SystemPart, UrlScan
from scans.querysets import SEVERITY_FIELDS
from scans.statuses import PUBLISHED_AS, TIME_EXPIRED, AnalysisStatus, Phase, Results, UrlScanStatus
from scans.views.access import ViewerRequired, present_analysis
from scans.views.analyses import seconds_between_polls

LOG_PAGE_SIZE = 50
EARLIER_RUNS = 10
COMING_STARTS = 3
GONE_LISTED = 20


class AnalysisDetailView(ViewerRequired, View):
    """The summary of one analysis, with its activity log at the bottom; live."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page, its fragment, or 204 when nothing changed."""
        missing = SystemPart.missing()
        version = f"{Analysis.objects.series_version(pk)}.{len(missing)}"
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        context = {"missing_parts": missing, "version": version, **_summary(request, present_analysis(pk))}
        names = "scans/analysis_detail.html", "scans/_analysis_detail.html"
        return htmx.respond(request, *names, context)


def _summary(request: HttpRequest, analysis: Analysis) -> dict:
    scans = list(analysis.url_scans.marking_visible_results(request.user).order_by("position"))
    for scan in scans:
        scan.analysis = analysis
    visible = [scan for scan in scans if scan.results_visible]
    runs = analysis.series.runs.present().order_by("-run")[: EARLIER_RUNS + 1]
    return {
        "analysis": analysis,
        "url_scans": scans,
        "ended": sum(scan.info.phase in (Phase.FINAL, Phase.REVIEW) for scan in scans),
        "severities": {name: sum(getattr(scan, f"findings_{name}") for scan in visible) for name in SEVERITY_FIELDS},
        "hidden": sum(scan.status in PUBLISHED_AS and not scan.results_visible for scan in scans),
        "replaying": any(scan.status in PUBLISHED_AS and not scan.verified_at for scan in scans),
        "can_submit_again": not analysis.info.final
        and any(scan.status == UrlScanStatus.SUBMIT_FAILED for scan in scans),
        "runs": [run for run in runs if run != analysis],
        **_times(analysis, scans),
        "changes": _changes(analysis),
        "every": seconds_between_polls([analysis]),
        "here": htmx.address(request),
        **_log(request, analysis, scans),
    }


def _times(analysis: Analysis, scans: list[UrlScan]) -> dict:
    """What the schedule shows: when it will really start, what holds it up, and how the series repeats."""
    schedule = getattr(analysis.series, "schedule", None)
    blackouts = None if analysis.info.final else BlackoutWindow.for_analysis(analysis)
    now = timezone.now()
    return {
        "schedule": schedule,
        "coming": schedule.coming(COMING_STARTS) if schedule else [],
        "window_ends": blackouts and blackouts.ends(now),
        "next_window": blackouts and blackouts.windows and blackouts.next_begin(now),
        "starts_at": blackouts and analysis.start_at and blackouts.next_open(max(analysis.start_at, now)),
        "can_continue": any(scan.status in TIME_EXPIRED for scan in scans),
    }


def _changes(analysis: Analysis) -> dict | None:
    """What changed since the last run before this one with published results; None without two of them."""
    if analysis.info.results != Results.AVAILABLE:
        return None
    earlier = analysis.run_before
    if earlier is None:
        return None
    findings = Finding.objects.filter(url_scan__analysis=analysis)
    # A run that goes on from another has only some of its URLs: what it did not look at is not gone.
    urls = analysis.url_scans.values("url")
    before = Finding.objects.filter(url_scan__analysis=earlier, url_scan__url__in=urls)
    gone = before.exclude(fingerprint__in=findings.values("fingerprint")).select_related("url_scan").worst_first()
    complete = analysis.status == AnalysisStatus.COMPLETED_RESULTS_AVAILABLE
    counts = findings.changes_since(before)
    listed = gone[:GONE_LISTED] if counts["gone"] else []
    return {"earlier": earlier, "complete": complete, "listed": listed, **counts}


def _log(request: HttpRequest, analysis: Analysis, scans: list[UrlScan]) -> dict:
    entries = ActivityLogEntry.objects.filter(analysis=analysis).newest_first()
    filterset = ActivityLogFilterSet(request.GET, entries, url_scans=scans)
    page = list(filterset.qs[: LOG_PAGE_SIZE + 1])
    older = page[LOG_PAGE_SIZE - 1] if len(page) > LOG_PAGE_SIZE else None
    return {"log_filter": filterset, "entries": page[:LOG_PAGE_SIZE], "older": older}

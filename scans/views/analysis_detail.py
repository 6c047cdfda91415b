"""The summary of one analysis, with its activity log."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import View

from scans import htmx
from scans.configuration.options import in_section
from scans.configuration.submission import shown
from scans.database.statements import series_state
from scans.filtersets import ActivityLogFilterSet, UrlScanFilterSet
from scans.models import ActivityLogEntry, Analysis, AtWork, BlackoutWindow, Finding, Mark
from scans.models.analysis import Publication
from scans.models.open_findings import count_open_of_scans, still_open
from scans.models.querysets import sees_everything
from scans.severities import DISMISSED, SEVERITIES, total
from scans.statuses import FAILED, PUBLISHED_AS, TIME_EXPIRED, URL_SCAN_STATUSES, Phase, Results, UrlScanStatus
from scans.summaries import calendar_strip
from scans.summaries.comparison import Comparison
from scans.summaries.log_moments import log_moments
from scans.summaries.next_action import next_action
from scans.summaries.timeline import timeline
from scans.summaries.workers import waits_for_zones
from scans.templatetags.display import allowed_actions
from scans.views.access import ViewerRequired, present_analysis

URL_PAGE_SIZE = 50
LOG_PAGE_SIZE = 50
MAX_LOG_ENTRIES = 500  # on one page; older ones are on the next page
EARLIER_RUNS = 10
COMING_STARTS = 3
GONE_LISTED = 20


class AnalysisDetailView(ViewerRequired, View):
    """The summary of one analysis, with its activity log at the bottom; live."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        at_work = AtWork.now()
        state = series_state(pk)
        version = f"{state.version}.{at_work.version}"
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        analysis = present_analysis(pk, whole=True)
        context = {"missing_parts": at_work.missing, "version": version, **_summary(request, analysis, at_work)}
        context["ahead"] = state.ahead
        context["every"] = htmx.seconds_between_polls(
            [context["analysis"]],
            beside=context["runs"],
            growing=bool(context["coming"]),
            under_way=context["verifying_again"],
        )
        names = "scans/analysis_detail/analysis_detail.html", "scans/analysis_detail/_analysis_detail.html"
        return htmx.respond(request, *names, context)


def _summary(request: HttpRequest, analysis: Analysis, at_work: AtWork) -> dict:
    scans = _overview(analysis, request.user)
    runs = analysis.series.runs.present().order_by("-run")[: EARLIER_RUNS + 1]
    allowed, review = allowed_actions(analysis.info, request.user), _review(analysis, scans, request.user)
    results, possible = _results(analysis, scans, request.user), _possible(analysis, scans, request.user)
    facts = {"open_weaknesses": results["open"], "has_failed_urls": possible["failed_urls"] > 0}
    return {
        "analysis": analysis,
        "allowed": allowed,
        "next_action": next_action(analysis, allowed, review=review, **facts),
        "timeline": timeline(analysis, timezone.now()),
        "options": shown(analysis, in_section("how")),
        "runs": [run for run in runs if run != analysis],
        "usual": next((run for run in runs if run.run < analysis.run and run.has_completed), None),
        "changes": _changes(analysis),
        "waits_for": waits_for_zones(((scan["status"], scan["zone"]) for scan in scans), at_work),
        "noticed": sum(bool(scan["notices"]) for scan in scans),
        "here": htmx.address(request),
        **results,
        "review": review,
        **possible,
        **_url_scans(request, analysis, scans),
        **_schedule(analysis),
        **_log(request, analysis, scans),
    }


def _overview(analysis: Analysis, user) -> list[dict]:
    """A few columns of every URL scan, for counting. Only the URL scans of one page are read whole."""
    columns = ["pk", "url", "zone", "status", "notices", "verified_at", "results_visible"]
    columns += ["urls_crawled", "requests"]
    return list(analysis.url_scans.marking_visible_results(user).order_by("position").values(*columns))


def _results(analysis: Analysis, scans: list[dict], user) -> dict:
    """The open weaknesses by severity that this user may see, and the number of URL scans with hidden findings."""
    counts = analysis.count_findings(user)
    found = Finding.objects.filter(url_scan__analysis=analysis).visible_to(user)
    return {
        "severities": {name: counts[name] for name in SEVERITIES},
        "open": total(counts),
        "places": still_open(found).count() if total(counts) else 0,
        "dismissed": counts[DISMISSED],
        "pages_crawled": sum(scan["urls_crawled"] for scan in scans),
        "requests_sent": sum(scan["requests"] for scan in scans),
        "hidden": sum(scan["status"] in PUBLISHED_AS and not scan["results_visible"] for scan in scans),
    }


def _review(analysis: Analysis, scans: list[dict], user) -> dict | None:
    """How far verification and review are: since when a reviewer is awaited (None: findings are still checked), and how
    many of how many weaknesses this reviewer, or another one, has marked. None if the analysis is in no such status."""
    if analysis.info.phase != Phase.REVIEW:
        return None
    verifying = [scan["verified_at"] for scan in scans if scan["status"] in PUBLISHED_AS]
    is_awaited = analysis.publication == Publication.REVIEWER and verifying and all(verifying)
    since = max(verifying) if is_awaited else None
    if not since or not sees_everything(user):
        return {"since": since}
    found = Finding.objects.filter(url_scan__analysis=analysis)
    marks = analysis.series.marks.exclude(mark=Mark.UNREVIEWED).filter(fingerprint__in=found.values("fingerprint"))
    counts = analysis.count_findings(user)
    weaknesses, reviewed = total(counts) + counts[DISMISSED], marks.count()
    return {"since": since, "weaknesses": weaknesses, "reviewed": reviewed, "left": max(0, weaknesses - reviewed)}


def _possible(analysis: Analysis, scans: list[dict], user) -> dict:
    """Facts about the URL scans that decide which actions are offered."""
    failed = any(scan["status"] == UrlScanStatus.SUBMIT_FAILED for scan in scans)
    return {
        "failed_urls": sum(scan["status"] in FAILED for scan in scans),
        "can_duplicate": user.has_perm("scans.submit_analysis"),
        "replaying": any(scan["status"] in PUBLISHED_AS and not scan["verified_at"] for scan in scans),
        "can_submit_again": failed and analysis.submitted_at and not analysis.info.final,
        **_verification(analysis, scans, user),
        "can_continue": not analysis.evidence_expired_at and any(scan["status"] in TIME_EXPIRED for scan in scans),
    }


def _verification(analysis: Analysis, scans: list[dict], user) -> dict:
    """Whether replayed findings that this user sees can be verified again, and whether that is under way."""
    replayed = any(scan["verified_at"] for scan in scans) and any(analysis.count_findings(user).values())
    asked = Finding.objects.waiting_for_verification().filter(url_scan__analysis=analysis)
    return {
        "can_verify_again": replayed and not analysis.evidence_expired_at,
        "verifying_again": replayed and asked.exists(),
    }


def _url_scans(request: HttpRequest, analysis: Analysis, scans: list[dict]) -> dict:
    """One page of its URL scans in the order of submission, and the number in each phase."""
    phases = [URL_SCAN_STATUSES[scan["status"]].phase for scan in scans]
    rows = analysis.url_scans.marking_visible_results(request.user).order_by("position")
    filterset = UrlScanFilterSet(request.GET, rows)
    paginator = Paginator(filterset.qs, URL_PAGE_SIZE)
    paginator.count = phases.count(filterset.phase) if filterset.phase else len(scans)
    page = paginator.get_page(request.GET.get("url_page"))
    url_scans = list(page)
    count_open_of_scans(url_scans)
    for scan in url_scans:
        scan.analysis = analysis
    return {
        "url_scans": url_scans,
        "url_page": page,
        "url_filter": filterset,
        "urls": len(scans),
        "several": len(scans) > 1 and not analysis.info.final and request.user.has_perm("scans.submit_analysis"),
        "ended": phases.count(Phase.FINAL) + phases.count(Phase.REVIEW),
        "phases": [(phase, phases.count(phase)) for phase in Phase],
    }


def _schedule(analysis: Analysis) -> dict:
    """The actual start and latest end, blackout windows, the recurring schedule, and the strip of the next week."""
    schedule, now = getattr(analysis.series, "schedule", None), timezone.now()
    coming = schedule.next_starts(COMING_STARTS) if schedule else []
    if analysis.info.final:
        return {"schedule": schedule, "coming": coming}
    blackouts, left = BlackoutWindow.for_analysis(analysis), analysis.time_left(now)
    starts_at = None if analysis.started_at else analysis.start_at and blackouts.next_open(max(analysis.start_at, now))
    latest_end = None if left is None else blackouts.passed(now, left)
    moments = [("start", starts_at), ("end", latest_end), *(("start", start) for start in coming)]
    return {
        "schedule": schedule,
        "coming": coming,
        "window_ends": blackouts.ends(now),
        "next_window": blackouts.windows and blackouts.next_begin(now),
        "starts_at": starts_at,
        "time_left": left,
        "time_used": None if left is None else analysis.duration - left,  # blackout windows do not count
        "latest_end": latest_end,
        "band": calendar_strip.draw(blackouts, analysis.zone, now, moments) if blackouts.windows else None,
    }


def _changes(analysis: Analysis) -> dict | None:
    """The changes since the previous run with published results; None if either has no published results."""
    if analysis.info.results != Results.AVAILABLE:
        return None
    earlier = analysis.run_before
    if earlier is None:
        return None
    comparison = Comparison.of(analysis, earlier)
    counts = comparison.counts()
    listed = comparison.gone()[:GONE_LISTED] if counts["gone"] else []
    return {"earlier": earlier, "complete": comparison.complete, "listed": listed, **counts}


def _log(request: HttpRequest, analysis: Analysis, scans: list[dict]) -> dict:
    """The newest entries, or the entries before a given one, up to the requested number."""
    entries = ActivityLogEntry.objects.filter(analysis=analysis).visible_to(request.user).newest_first()
    filterset = ActivityLogFilterSet(request.GET, entries, urls=[(str(scan["pk"]), scan["url"]) for scan in scans])
    shown = min(max(filterset.shown, LOG_PAGE_SIZE), MAX_LOG_ENTRIES)
    page = list(filterset.qs[: shown + 1])
    has_older = len(page) > shown
    return {
        "log_filter": filterset,
        "log_moments": log_moments(page[:shown]),
        "more_entries": shown + LOG_PAGE_SIZE if has_older and shown < MAX_LOG_ENTRIES else None,
        "older": page[shown - 1] if has_older else None,
    }

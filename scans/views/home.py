"""The home page: running analyses, those that need attention or a review, upcoming starts, and the findings trend."""

from datetime import datetime, timedelta
from zlib import crc32

from django.db.models import Max, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.generic import View

from scans import htmx
from scans.analysis_list.keyset import Keyset, Row
from scans.analysis_list.saved_views import NEED_ATTENTION, SYSTEM_VIEWS
from scans.analysis_list.version import ListHeader
from scans.models import Analysis, OpenFindings, RecurringSchedule, StatusCount, UrlScan
from scans.models.lean import large
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, AnalysisStatus, Phase, Results, in_phase
from scans.summaries.trend import trend
from scans.summaries.upcoming import upcoming
from scans.views.access import ViewerRequired

SHOWN = 6  # rows of a card; a link leads to the rest
COUNTED = 99  # analyses that need attention or wait for review; more are shown as 99+
STARTS_SHOWN = 8
SOON = 3  # seconds between two polls while something runs
SWITCHED_OFF_FOR = timedelta(days=30)  # how long the page reminds of a schedule that was switched off
DRAWN_EVERY = 600  # seconds after which the calendar is drawn again even if nothing changed

_ACTIVE = in_phase(ANALYSIS_STATUSES, Phase.ACTIVE)
_WITH_RESULTS = [code for code, status in ANALYSIS_STATUSES.items() if status.results == Results.AVAILABLE]
_CARDS = {
    "running": (_ACTIVE, None),
    "attention": (NEED_ATTENTION, Analysis.objects.present().latest_runs()),
    "review": (in_phase(ANALYSIS_STATUSES, Phase.REVIEW), Analysis.objects.present().waiting_for_review()),
    "finished": (_WITH_RESULTS, None),
}
_QUEUED = [AnalysisStatus.SUBMITTED, AnalysisStatus.QUEUED]
_IN_TROUBLE = [code for code, status in URL_SCAN_STATUSES.items() if status.tone == "danger"]


_VIEWS = {view.key: view.query for view in SYSTEM_VIEWS}
_VIEWS |= {
    "queued": f"?{urlencode({'status': _QUEUED}, doseq=True)}",
    "finished": f"?{urlencode({'status': _WITH_RESULTS}, doseq=True)}",
    "with_findings": "?severity=info&latest=1",
}


class HomeView(ViewerRequired, View):
    """The home page, live. Each of its queries is bounded, however many analyses there are."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now, header = timezone.now(), ListHeader.now()
        rows = {key: _rows(key) for key in _CARDS if key != "finished"}  # a run that ends has changed: see _version
        version = str(_version(now, header, rows))
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        context = {"version": version, "header": header, "missing_parts": header.missing}
        context |= {"here": request.path, "every": SOON if rows["running"] else htmx.SELDOM}
        context |= {"counts": _counts(), "views": _VIEWS}
        if any(context["counts"].values()):
            rows["finished"] = _rows("finished")
            context |= _cards(rows, request.user) | _times(now)
        return htmx.respond(request, "scans/home/home.html", "scans/home/_home.html", context)


def _rows(key: str) -> list[Row]:
    """Return the last changed analyses of a card: one more than it shows or counts, to know whether there are more."""
    statuses, among = _CARDS[key]
    most = COUNTED if key in ("review", "attention") else SHOWN
    return Keyset(among, "changed", descending=True, statuses=statuses).rows(most + 1)


def _version(now: datetime, header: ListHeader, rows: dict[str, list[Row]]) -> int:
    """Return a number that differs whenever anything on the page has changed."""
    changed = Analysis.objects.present().aggregate(at=Max("changed_at"))["at"]
    counted = OpenFindings.kept().aggregate(at=Max("at"))["at"]
    return crc32(repr((header, rows, changed, counted, int(now.timestamp()) // DRAWN_EVERY)).encode())


def _counts() -> dict[str, int]:
    """Return how many analyses there are, are running, and are queued."""
    totals = StatusCount.totals()
    among = {"all": ANALYSIS_STATUSES, "queued": _QUEUED, "running": _ACTIVE}
    return {key: sum(totals.get(code, 0) for code in statuses) for key, statuses in among.items()}


def _cards(rows: dict[str, list[Row]], user) -> dict:
    """Return the analyses of each card, with their first URL in trouble and the totals that this user may see."""
    pks = [row.pk for found in rows.values() for row in found[:SHOWN]]
    trouble = UrlScan.objects.filter(analysis=OuterRef("pk"), status__in=_IN_TROUBLE).order_by("position")
    annotated = Analysis.objects.annotate(
        trouble=Subquery(trouble.values("reason")[:1]), trouble_url=Subquery(trouble.values("url")[:1])
    )
    analyses = annotated.select_related("owner").in_bulk(pks)
    totals = UrlScan.objects.filter(analysis__in=pks).totals_by_analysis(user)
    for pk, analysis in analyses.items():
        analysis.totals = totals[pk] | analysis.count_findings(user)
    cards = {key: [analyses[row.pk] for row in found[:SHOWN] if row.pk in analyses] for key, found in rows.items()}
    more = {key: len(found) > SHOWN for key, found in rows.items()}
    return {"cards": cards, "more": more, "need": _bounded(rows["attention"]), "to_review": _bounded(rows["review"])}


def _bounded(rows: list[Row]) -> int | str:
    return f"{COUNTED}+" if len(rows) > COUNTED else len(rows)


def _times(now: datetime) -> dict:
    """Return upcoming starts and the calendar strip, schedules that were switched off, and the findings trend."""
    switched_off = RecurringSchedule.objects.switched_off_since(now - SWITCHED_OFF_FOR).with_last_run()
    ahead = upcoming(now, timezone.get_current_timezone())
    return {
        "switched_off": switched_off.select_related("template").defer(*large(Analysis, "template"))[:SHOWN],
        "starts": ahead.starts[:STARTS_SHOWN],
        "more_starts": len(ahead.starts) - STARTS_SHOWN,
        "band": ahead.band,
        "trend": trend(now.date()),
    }

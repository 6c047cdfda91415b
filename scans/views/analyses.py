"""The list of analyses."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.generic import View

from scans import htmx
from scans.filtersets import AnalysisFilterSet
from scans.models import Analysis, ScanSettings, SystemPart, UrlScan
from scans.views.access import ViewerRequired

PAGE_SIZE = 50


def seconds_between_polls(things) -> int:
    """Look again soon while anything shown can still change by itself, seldom otherwise."""
    return 15 if all(thing.info.final for thing in things) else 2


class AnalysisListView(ViewerRequired, View):
    """All analyses, found, filtered and sorted as the query string says; live."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page, its fragment, or 204 when nothing changed."""
        missing, capacity = SystemPart.missing(), ScanSettings.current().capacity
        version = f"{Analysis.objects.list_version()}.{capacity}.{len(missing)}"
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        filterset = AnalysisFilterSet(request.GET, Analysis.objects.present(), request=request)
        context = {"missing_parts": missing, "capacity": capacity, "version": version, **_list(filterset)}
        response = htmx.respond(request, "scans/analysis_list.html", "scans/_analysis_list.html", context)
        if htmx.wants_fragment(request):
            response["HX-Push-Url"] = _push(request, filterset)
        return response


def _push(request: HttpRequest, filterset: AnalysisFilterSet) -> str:
    """The address that the browser should show from now on; "false" where it shows it already."""
    address = request.path + filterset.address(page=filterset.page)
    return "false" if "v" in request.GET or request.htmx.current_url_abs_path == address else address


def _list(filterset: AnalysisFilterSet) -> dict:
    counts = filterset.count_by_status()
    paginator = Paginator(filterset.qs.select_related("owner"), PAGE_SIZE)
    paginator.count = sum(counts.get(code, 0) for code in filterset.statuses or counts)
    page = paginator.get_page(filterset.page)
    rows = list(page)
    totals = UrlScan.objects.filter(analysis__in=rows).totals_by_analysis(filterset.request.user)
    for analysis in rows:
        analysis.totals = totals[analysis.pk]
    return {
        "filterset": filterset,
        "page": page,
        "analyses": rows,
        "shown": paginator.count,
        "total": Analysis.objects.present().count() if filterset.words else sum(counts.values()),
        "phases": filterset.phases(counts),
        "running": UrlScan.objects.running().count(),
        "every": seconds_between_polls(rows),
        "here": filterset.request.path + filterset.address(page=filterset.page),
    }

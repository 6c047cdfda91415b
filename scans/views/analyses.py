"""The list of analyses."""

from django.http import HttpRequest, HttpResponse
from django.views.generic import View

from scans import htmx
from scans.filtersets import LAST, AnalysisFilterSet
from scans.listing import Page
from scans.models import Analysis, ScanSettings, SystemPart, UrlScan
from scans.views.access import ViewerRequired


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
    address = request.path + filterset.address(page=filterset.page_text)
    return "false" if "v" in request.GET or request.htmx.current_url_abs_path == address else address


def _list(filterset: AnalysisFilterSet) -> dict:
    analyses = _analyses(filterset.page, filterset.request.user)
    return {
        "filterset": filterset,
        "analyses": analyses,
        "pages": _other_pages(filterset, analyses),
        "running": UrlScan.objects.running().count(),
        "every": seconds_between_polls(analyses),
        "here": filterset.request.path + filterset.address(page=filterset.page_text),
    }


def _analyses(page: Page, user) -> list[Analysis]:
    """The analyses of a page, in its order, with the totals of their URL scans."""
    pks = [row.pk for row in page.rows]
    analyses = Analysis.objects.select_related("owner").in_bulk(pks)
    totals = UrlScan.objects.filter(analysis__in=pks).totals_by_analysis(user)
    for pk, analysis in analyses.items():
        analysis.totals = totals[pk]
    return [analyses[pk] for pk in pks]


def _other_pages(filterset: AnalysisFilterSet, analyses: list[Analysis]) -> dict[str, str]:
    """The addresses of the pages around this one: first, previous, next and last, where there are such."""
    page, walk, pages = filterset.page, filterset.walk, {}
    if page.has_previous and analyses:
        pages["first"] = filterset.address() or "?"
        pages["previous"] = filterset.address(page=walk.position(analyses[0], page.rows[0], forward=False))
    if page.has_next:
        pages["next"] = filterset.address(page=walk.position(analyses[-1], page.rows[-1], forward=True))
        pages["last"] = filterset.address(page=LAST)
    return pages

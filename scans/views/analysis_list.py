"""The list of analyses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import View

from scans import htmx
from scans.analysis_list.filters import submitters
from scans.analysis_list.filterset import AnalysisFilterSet
from scans.analysis_list.keyset import rows_of
from scans.analysis_list.links import links_of
from scans.analysis_list.row_cache import RowCache
from scans.analysis_list.saved_views import first_query, views_of
from scans.analysis_list.version import ListHeader, ListVersion
from scans.models import Analysis
from scans.views.access import ViewerRequired

PAGE, FRAGMENT = "scans/analysis_list/analysis_list.html", "scans/analysis_list/_analysis_list.html"
CHANGES = "scans/analysis_list/_analysis_changes.html"


class AnalysisListView(ViewerRequired, View):
    """The analyses that the query string asks for; live."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page or its fragment; for a poll only the rows that changed, or 204 if none did.

        Without a query string, leads to the user's first view, if there is one.
        """
        if not request.GET and (first := first_query(request.user)):
            return redirect(request.path + first)
        filterset = AnalysisFilterSet(request.GET, Analysis.objects.present(), request=request)
        header, version = _header_and_version(filterset)
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        here = request.path + filterset.address(page=filterset.page_text)
        context = {"filterset": filterset, "header": header, "missing_parts": header.missing}
        context |= {"version": version, "here": here}
        before, shown = ListVersion.parse(request.GET.get("v", "")), ListVersion.parse(version)
        if htmx.wants_fragment(request) and before and before.moved(shown) == 0:
            return _changes(request, context, before, shown)
        response = htmx.respond(request, PAGE, FRAGMENT, context | _whole_list(filterset, here))
        if htmx.wants_fragment(request):
            is_shown = "v" in request.GET or htmx.shown_address(request) == here
            response["HX-Push-Url"] = "false" if is_shown else here
            if before:
                response["X-List-Change"] = f"whole; {before.moved(shown)}"
        return response


class SubmittersView(ViewerRequired, View):
    """The names that the filter by owner offers."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "scans/analysis_list/_submitters.html", {"names": submitters()})


def _header_and_version(filterset: AnalysisFilterSet) -> tuple[ListHeader, str]:
    """The header and the version of the list; one query for most polls, which do not read the rows."""
    if "v" in filterset.data and (versions := filterset.versions_sql):
        header, rows = ListHeader.with_answer(*versions)
        if rows:
            return header, f"{header.checksum}.{rows}"
    header = ListHeader.now()
    return header, str(ListVersion.of(header, filterset.slice.rows))


def _whole_list(filterset: AnalysisFilterSet, here: str) -> dict:
    rows, request = filterset.slice.rows, filterset.request
    return {
        **links_of(filterset, views_of(request.user)),
        "rows": RowCache(request).render(rows),
        "every": htmx.seconds_between_polls(rows, growing=True),
    }


def _changes(request: HttpRequest, context: dict, before: ListVersion, shown: ListVersion) -> HttpResponse:
    """Only the rows that changed, each to replace the one on the page, and the numbers above them if those changed."""
    changed = before.changed(shown)
    context["rows"] = RowCache(request).render_changes(rows_of(changed)) if changed else []
    context["numbers_differ"] = before.header != shown.header
    response = htmx.respond(request, PAGE, CHANGES, context)
    response["HX-Reswap"] = "none"
    response["X-List-Change"] = "rows"
    response["X-List-Version"] = context["version"]
    return response

"""The list of analyses."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.generic import View

from scans import htmx
from scans.analysis_list.filters import submitters
from scans.analysis_list.filterset import LAST, AnalysisFilterSet
from scans.analysis_list.keyset import rows_of
from scans.analysis_list.ordering import Row
from scans.analysis_list.row_cache import KeptRows, moments_of, said
from scans.analysis_list.saved_views import ListView, first_query, views_of
from scans.analysis_list.version import ListHeader, ListVersion
from scans.models import Analysis, UrlScan
from scans.views.access import ViewerRequired


class AnalysisListView(ViewerRequired, View):
    """All analyses, found, filtered and sorted as the query string says; live."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The page or its fragment; to a poll the rows that changed, or 204 when nothing did.

        Opened as such, without a query, it leads to the person's first view.
        """
        if not request.GET and (first := first_query(request.user)):
            return redirect(request.path + first)
        filterset = AnalysisFilterSet(request.GET, Analysis.objects.present(), request=request)
        around, version = _shown(filterset)
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        here = request.path + filterset.address(page=filterset.page_text)
        context = {"filterset": filterset, "around": around, "missing_parts": around.missing}
        context |= {"version": version, "here": here}
        before, shown = ListVersion.parse(request.GET.get("v", "")), ListVersion.parse(version)
        if htmx.wants_fragment(request) and before and before.moved(shown) == 0:
            context["numbers_differ"] = before.around != shown.around
            return self._changed_rows(request, context, before.changed(shown))
        response = htmx.respond(
            request,
            "scans/analysis_list/analysis_list.html",
            "scans/analysis_list/_analysis_list.html",
            {**context, **_list(filterset, here)},
        )
        if htmx.wants_fragment(request):
            response["HX-Push-Url"] = _push(request, filterset)
            if before:
                response["X-List-Change"] = f"whole; {before.moved(shown)}"
        return response

    def _changed_rows(self, request: HttpRequest, context: dict, changed: list[int]) -> HttpResponse:
        """Nothing but the rows that changed, each to be put in its place, and the numbers around them."""
        context["rows"] = _made(rows_of(changed), request, context["here"]) if changed else []
        response = htmx.respond(
            request, "scans/analysis_list/analysis_list.html", "scans/analysis_list/_analysis_changes.html", context
        )
        response["HX-Reswap"] = "none"
        response["X-List-Change"] = "rows"
        response["X-List-Version"] = context["version"]
        return response


class SubmittersView(ViewerRequired, View):
    """Whose analyses there are: what the filter offers while one types a name."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The options."""
        return render(request, "scans/analysis_list/_submitters.html", {"names": submitters()})


def _shown(filterset: AnalysisFilterSet) -> tuple[ListHeader, str]:
    """What stands around the list, and its version; a poll does not read the rows for it, if it can do without."""
    if "v" in filterset.data and (versions := filterset.versions):
        around, rows = ListHeader.with_answer(*versions)
        if rows:
            return around, f"{around.checksum}.{rows}"
    around = ListHeader.now()
    return around, str(ListVersion.of(around, filterset.page.rows))


def _current(views: list[ListView], filterset: AnalysisFilterSet) -> str:
    """The key of the view that is looked at, in whatever order and on whatever page; "all"; or "" for none."""
    for address in (filterset.address(), filterset.address(order="")):
        if address in ("", "?view=all"):
            return "all"
        for view in views:
            if view.query == address:
                return view.key
    return ""


def _push(request: HttpRequest, filterset: AnalysisFilterSet) -> str:
    """The address that the browser should show from now on; "false" where it shows it already."""
    address = request.path + filterset.address(page=filterset.page_text)
    return "false" if "v" in request.GET or htmx.shown_address(request) == address else address


def _list(filterset: AnalysisFilterSet, here: str) -> dict:
    rows, views = filterset.page.rows, views_of(filterset.request.user)
    return {
        "views": views,
        "current_view": _current(views, filterset),
        "rows": _made(rows, filterset.request, here),
        "pages": _other_pages(filterset),
        "every": htmx.seconds_between_polls(rows, growing=True),
    }


def _made(rows: list[Row], request: HttpRequest, here: str) -> list[SafeString]:
    """The rows as HTML, in this order: as they were kept where nothing in them differs, else anew."""
    keeper = KeptRows(request.user, here)
    made = keeper.of(rows)
    missing = {row.pk: row for row in rows if row.pk not in made}
    for analysis in _analyses(list(missing), request.user) if missing else ():
        shown = said(moments_of(analysis), timezone.now())
        html = render_to_string("scans/analysis_list/_analysis_row.html", {"analysis": analysis, "here": here}, request)
        keeper.keep(missing[analysis.pk], analysis, shown, html)
        made[analysis.pk] = html
    return [made[row.pk] for row in rows]


def _analyses(pks: list[int], user) -> list[Analysis]:
    """These analyses, in this order, with the totals of their URL scans."""
    analyses = Analysis.objects.select_related("owner").in_bulk(pks)
    totals = UrlScan.objects.filter(analysis__in=pks).totals_by_analysis(user)
    for pk, analysis in analyses.items():
        analysis.totals = totals[pk]
    return [analyses[pk] for pk in pks]


def _other_pages(filterset: AnalysisFilterSet) -> dict[str, str]:
    """The addresses of the pages around this one: first, previous, next and last, where there are such."""
    page, walk, pages = filterset.page, filterset.walk, {}
    if page.has_previous and page.rows:
        pages["first"] = filterset.address() or "?"
        pages["previous"] = filterset.address(page=walk.position(page.rows[0], forward=False))
    if page.has_next:
        pages["next"] = filterset.address(page=walk.position(page.rows[-1], forward=True))
        pages["last"] = filterset.address(page=LAST)
    return pages

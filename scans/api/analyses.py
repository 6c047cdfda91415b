"""Reading analyses: the list, one of them, its URL scans and its log."""

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiParameter

from scans.analysis_list.filterset import AnalysisFilterSet
from scans.api import shapes
from scans.api.base import ApiView, error, operation
from scans.api.description import CURSOR, LIMIT, ROW_CURSOR, filters_of
from scans.api.problems import wrong_values
from scans.configuration.submission import exported
from scans.exports.analysis_list import rows_of
from scans.exports.data import entry_data, iso, url_scan_data, values_of
from scans.exports.masking import masks_of
from scans.filtersets import ActivityLogFilterSet, UrlScanFilterSet
from scans.models import ActivityLogEntry, Analysis, UrlScan
from scans.models.open_findings import count_open_of_scans
from scans.models.querysets import sees_everything
from scans.templatetags.display import allowed_actions
from scans.views.access import present_analysis, present_url_scan


class AnalysisQuery(AnalysisFilterSet):
    """The query of the list page, with the page's size and beginning as the API names them."""

    def __init__(self, data: QueryDict, *, limit: int, request: HttpRequest):
        data = data.copy()
        data["page"] = data.get("cursor", "")
        super().__init__(data, Analysis.objects.present(), request=request)
        self._limit = limit

    @property
    def page_size(self) -> int:
        """How many rows the program wants."""
        return self._limit

    def errors_of_query(self) -> list[dict]:
        """Each value that the page would ignore."""
        names = {"page": "cursor"}
        return [error(names.get(name, name), value, "invalid", text) for name, value, text in self.ignored()]

    @cached_property
    def cursors(self) -> dict[str, str | None]:
        """Where the neighbouring pages begin."""
        found, rows = self.slice, self.slice.rows
        following = str(self.keyset.position(rows[-1], forward=True)) if found.has_next else None
        before = str(self.keyset.position(rows[0], forward=False)) if found.has_previous and rows else None
        return {"next": following, "previous": before}


class AnalysesView(ApiView):
    """The analyses."""

    @operation(
        name="analyses_list",
        tag="Analyses",
        summary="List analyses",
        text="The query is the one of the list page: Find, filters and order are the same, along the same indexes.",
        query="?status=completed_results_available&order=-changed&limit=10",
        query_parameters=[
            *filters_of(AnalysisFilterSet, without=["status"]),
            OpenApiParameter("status", str, many=True, description="Codes of statuses; several may be given."),
            OpenApiParameter("order", str, description="A column of the list; `-` in front for descending."),
            OpenApiParameter("count", str, enum=["1"], description="Say how many match on all pages."),
            LIMIT,
            CURSOR,
        ],
        answer=shapes.AnalysisPage,
    )
    def get(self, request):
        query = AnalysisQuery(request.query_params, limit=self.limit(), request=request)
        if errors := query.errors_of_query():
            raise wrong_values(400, errors)
        counted = self.choice("count", ("1",))
        count = {"count": query.shown, "count_is_exact": query.matches.exact} if counted else {}
        rows = query.slice.rows
        version = [[row.pk, row.version, row.owner] for row in rows]
        facts = (version, query.cursors, count, sees_everything(request.user))
        versions = {row.pk: row.version for row in rows}
        return self.answer(lambda: {"items": analysis_rows(versions, request), **query.cursors, **count}, *facts)


class AnalysisView(ApiView):
    """One analysis."""

    @operation(
        name="analyses_read",
        tag="Analyses",
        summary="Read one analysis",
        text="Ask again with `If-None-Match` and the `ETag` of the last answer: 304 says that nothing changed.",
        answer=shapes.AnalysisShape,
    )
    def get(self, request, analysis: int):
        found = present_analysis(analysis, whole=True)
        user = request.user
        facts = (found.pk, found.version, str(found.owner), sorted(user.get_all_permissions()))
        return self.answer(lambda: analysis_data(found, request), *facts)


def analysis_rows(versions: dict[int, int], request) -> list[dict]:
    """The analyses with these ids as the list has them, each with its version."""
    rows = list(rows_of(list(versions), request.user, request.build_absolute_uri))
    for row in rows:
        row["version"] = versions[row["id"]]
        if row["ended_at"] is None:
            row["duration_seconds"] = None  # it would change with every second
    return rows


def analysis_data(analysis: Analysis, request) -> dict:
    """One analysis."""
    [row] = analysis_rows({analysis.pk: analysis.version}, request)
    return {
        **row,
        **values_of(analysis.info, "description next_step final"),
        "submitted_at": iso(analysis.submitted_at),
        "expires_at": iso(analysis.expires_at),
        "continues": analysis.continues_id,
        "actions": sorted(allowed_actions(analysis.info, request.user)),
        "configuration": exported(analysis),
    }


def scan_rows(scans: QuerySet[UrlScan], user) -> list[dict]:
    """URL scans that know `results_visible`, as plain data."""
    scans = list(scans.prefetch_related("module_errors"))
    count_open_of_scans(scans)
    masks = masks_of(scans)
    return [
        url_scan_data(scan, masks[scan.pk], visible=scan.results_visible)
        | {"actions": sorted(allowed_actions(scan.info, user))}
        for scan in scans
    ]


class UrlScansView(ApiView):
    """The URL scans of an analysis."""

    @operation(
        name="url_scans_list",
        tag="URL scans",
        summary="List the URL scans of an analysis",
        query="?urls=final",
        query_parameters=filters_of(UrlScanFilterSet),
        answer=shapes.UrlScanList,
    )
    def get(self, request, analysis: int):
        found = present_analysis(analysis)
        scans = found.url_scans.marking_visible_results(request.user).order_by("position")
        chosen = self.filtered(UrlScanFilterSet(request.query_params, scans))
        return self.answer(lambda: {"items": scan_rows(chosen, request.user), "next": None})


class UrlScanView(ApiView):
    """One URL scan."""

    @operation(name="url_scans_read", tag="URL scans", summary="Read one URL scan", answer=shapes.UrlScanShape)
    def get(self, request, analysis: int, scan: int):
        present_url_scan(analysis, scan, request.user)
        scans = UrlScan.objects.filter(pk=scan).marking_visible_results(request.user)
        return self.answer(lambda: scan_rows(scans, request.user)[0])


class ActivityView(ApiView):
    """The activity log of an analysis."""

    @operation(
        name="activity_list",
        tag="Analyses",
        summary="Read the activity log",
        text="The newest entry first.",
        query="?log_kind=status&limit=20",
        query_parameters=[
            *filters_of(ActivityLogFilterSet, without=["before", "log_url"]),
            OpenApiParameter("log_url", str, description="The id of a URL scan."),
            LIMIT,
            ROW_CURSOR,
        ],
        answer=shapes.EntryPage,
    )
    def get(self, request, analysis: int):
        found, limit, cursor = present_analysis(analysis), self.limit(), self.number("cursor")
        entries = ActivityLogEntry.objects.filter(analysis=found).visible_to(request.user).newest_first()
        urls = [(str(pk), url) for pk, url in found.url_scans.values_list("pk", "url")]
        chosen = self.filtered(ActivityLogFilterSet(request.query_params, entries, urls=urls))
        if cursor is not None:
            chosen = chosen.filter(pk__lt=cursor)
        entries = chosen[: limit + 1]
        return self.answer(lambda: self.page([entry_data(one) for one in entries], lambda one: one["id"], limit))

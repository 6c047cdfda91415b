"""Renders rows of the list as HTML, and caches each: from one page to the next, most are the same.

A row depends on its analysis, whose version grows with every change that a page shows, and on what a person may do
and reads: permissions, language and time zone. It knows neither the clock nor the address of the list: a script says
times relatively, and the request for an action says from which page it comes. So a cached row is good for every list
until its analysis changes.
"""

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

from django.core.cache import caches
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from scans.analysis_list.keyset import Row
from scans.analysis_list.ordering import COLUMNS
from scans.models import Analysis, UrlScan
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES, AnalysisStatus, UrlScanStatus
from scans.templatetags.display import allowed_actions

CACHED_FOR = 3600  # seconds that a row stays which nobody looks at


# The reason of the first URL that failed, and the module that the first running engine is at.
_OF_ANALYSIS = UrlScan.objects.filter(analysis=OuterRef("pk")).order_by("position")
# The last run before whose URLs all ran to their ends: it says how long this one may take.
_USUAL = Analysis.objects.filter(
    series=OuterRef("series"),
    run__lt=OuterRef("run"),
    status=AnalysisStatus.COMPLETED_RESULTS_AVAILABLE,
    run_time__isnull=False,
).order_by("-run")
_IN_TROUBLE = [code for code, status in URL_SCAN_STATUSES.items() if status.tone == "danger"]
_WHY = {
    "trouble": Subquery(_OF_ANALYSIS.filter(status__in=_IN_TROUBLE).values("reason")[:1]),
    "usual_run": Subquery(_USUAL.values("run")[:1]),
    "usual_time": Subquery(_USUAL.values("run_time")[:1]),
    "module": Subquery(_OF_ANALYSIS.filter(status=UrlScanStatus.IN_PROGRESS).exclude(module="").values("module")[:1]),
}


class RowCache:
    """The rows of lists for users who see the same: in one language and time zone, with the same permissions."""

    def __init__(self, request: HttpRequest):
        self._user = request.user
        permissions = [self._user.has_perm(f"scans.{verb}_analysis") for verb in ("submit", "review")]
        seen_by = (permissions, get_language(), timezone.get_current_timezone_name())
        self._prefix = blake2b(repr(seen_by).encode(), digest_size=16).hexdigest()
        self._may_submit = permissions[0]
        self._allowed = cache(lambda code: allowed_actions(ANALYSIS_STATUSES[code], self._user))
        self._cache = caches["rows"]

    def render(self, rows: Iterable[Row]) -> list[SafeString]:
        """These rows as HTML, in this order, leaving out deleted ones; two queries if any is not cached."""
        rows = {row.pk: row for row in rows}
        html = self._cached(rows)
        if new := self._analyses([pk for pk in rows if pk not in html]):
            columns = {name: str(label) for name, label in COLUMNS.items()}
            for analysis in new:
                html[analysis.pk] = self._rendered(rows[analysis.pk], analysis, columns)
        return [html[pk] for pk in rows if pk in html]

    def render_changes(self, rows: Iterable[Row]) -> list[SafeString]:
        """These rows as `render` does, for htmx to put in the place of those on the page."""
        return [mark_safe(row.replace("<tr ", '<tr hx-swap-oob="morph" ', 1)) for row in self.render(rows)]  # noqa: S308

    def _cached(self, rows: dict[int, Row]) -> dict[int, SafeString]:
        keys = {self._key(pk): pk for pk in rows}
        return {
            keys[key]: mark_safe(html)  # noqa: S308 - a template rendered it
            for key, (facts, html) in self._cache.get_many(keys).items()
            if facts == _facts(rows[keys[key]])
        }

    def _analyses(self, pks: list[int]) -> list[Analysis]:
        """The analyses with these ids, each with the totals of its URL scans."""
        if not pks:
            return []
        totals = UrlScan.objects.filter(analysis__in=pks).totals_by_analysis(self._user)
        found = Analysis.objects.select_related("owner").filter(pk__in=pks).annotate(**_WHY).order_by()
        analyses = [analysis for analysis in found if analysis.pk in totals]
        for analysis in analyses:
            analysis.totals = totals[analysis.pk] | analysis.count_findings(self._user)
        return analyses

    def _rendered(self, row: Row, analysis: Analysis, columns: dict[str, str]) -> SafeString:
        """The row as HTML; cached unless the analysis changed meanwhile."""
        context = {"analysis": analysis, "columns": columns, "allowed": self._allowed(analysis.status)}
        context["may_submit"] = self._may_submit
        html = get_template("scans/analysis_list/_analysis_row.html").render(context)
        if analysis.version == row.version:
            self._cache.set(self._key(row.pk), (_facts(row), str(html)), CACHED_FOR)
        return html

    def _key(self, pk: int) -> str:
        return f"{self._prefix}.{pk}"


def _facts(row: Row) -> tuple:
    return row.version, row.changed_at, row.owner

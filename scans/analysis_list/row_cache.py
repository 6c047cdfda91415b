"""Renders rows of the list as HTML, and caches each: from one page to the next, most are the same.

A row depends on its analysis, whose version grows with every change that a page shows, on the user, and on the clock.
A cached row is used only where all three are the same.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from django.core.cache import caches
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from scans.analysis_list.keyset import Row
from scans.models import Analysis, UrlScan
from scans.statuses import Phase
from scans.templatetags.display import apart, time_span

CACHED_FOR = 3600  # seconds that a row stays which nobody looks at

Moments = tuple[datetime | None, ...]


class RowCache:
    """The rows of one list for users who see the same: in one language and time zone, with the same permissions.

    `here` is the address of the list, to which a row's actions lead back. `beside`: rows that htmx puts in the place of
    those on the page.
    """

    def __init__(self, request: HttpRequest, here: str, *, beside: bool = False):
        user = request.user
        permissions = [user.has_perm(f"scans.{verb}_analysis") for verb in ("submit", "review")]
        seen_by = (here, beside, permissions, get_language(), timezone.get_current_timezone_name())
        self._prefix = blake2b(repr(seen_by).encode(), digest_size=16).hexdigest()
        self._request, self._context = request, {"here": here, "beside": beside}
        self._cache = caches["rows"]

    def render(self, rows: Iterable[Row]) -> list[SafeString]:
        """These rows as HTML, in this order, leaving out deleted ones; two queries if any is not cached."""
        rows = {row.pk: row for row in rows}
        html = self._cached(rows)
        for analysis in self._analyses([pk for pk in rows if pk not in html]):
            html[analysis.pk] = self._rendered(rows[analysis.pk], analysis)
        return [html[pk] for pk in rows if pk in html]

    def _cached(self, rows: dict[int, Row]) -> dict[int, SafeString]:
        keys, now = {self._key(pk): pk for pk in rows}, timezone.now()
        return {
            keys[key]: mark_safe(html)  # noqa: S308 - a template rendered it
            for key, (facts, moments, texts, html) in self._cache.get_many(keys).items()
            if facts == _facts(rows[keys[key]]) and texts == _texts(moments, now)
        }

    def _analyses(self, pks: list[int]) -> list[Analysis]:
        """The analyses with these ids, each with the totals of its URL scans."""
        if not pks:
            return []
        totals = UrlScan.objects.filter(analysis__in=pks).totals_by_analysis(self._request.user)
        found = Analysis.objects.select_related("owner").filter(pk__in=pks).order_by()
        analyses = [analysis for analysis in found if analysis.pk in totals]
        for analysis in analyses:
            analysis.totals = totals[analysis.pk] | analysis.count_findings(self._request.user)
        return analyses

    def _rendered(self, row: Row, analysis: Analysis) -> SafeString:
        """The row as HTML; cached unless the analysis or what the clock says changed meanwhile."""
        moments = _moments(analysis)
        before = _texts(moments, timezone.now())
        context = {**self._context, "analysis": analysis}
        html = render_to_string("scans/analysis_list/_analysis_row.html", context, self._request)
        if analysis.version == row.version and _texts(moments, timezone.now()) == before:
            self._cache.set(self._key(row.pk), (_facts(row), moments, before, str(html)), CACHED_FOR)
        return html

    def _key(self, pk: int) -> str:
        return f"{self._prefix}.{pk}"


def _facts(row: Row) -> tuple:
    return row.version, row.changed_at, row.owner


def _moments(analysis: Analysis) -> Moments:
    """The moments whose distance from now a row shows: last change, start, running since, running at most until."""
    runs = analysis.started_at if analysis.ended_at is None else None
    ticks = analysis.info.phase == Phase.ACTIVE and not analysis.blackout_since
    return analysis.changed_at, analysis.started_at or analysis.start_at, runs, analysis.expires_at if ticks else None


def _texts(moments: Moments, now: datetime) -> list:
    """How a row words these moments, in whatever language."""
    changed, start, runs, ends = moments
    shown: list = [apart(at, now) for at in (changed, start) if at]
    return shown + [time_span(span) for span in (runs and now - runs, ends and ends - now) if span is not None]

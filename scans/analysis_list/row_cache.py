"""Rows of the list as HTML, kept in each process as they were last made: most are the same from one page to the next.

What a row shows follows from its analysis, whose version grows with every change that a page shows, from who looks
at it, and from the clock. A row is used again only where all of it is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from django.core.cache import caches
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from scans.analysis_list.ordering import Row
from scans.models import Analysis
from scans.statuses import Phase
from scans.templatetags.display import apart, time_span

KEPT_FOR = 3600  # seconds that one which nobody asks for takes its room

Moments = tuple[datetime | None, ...]


def moments_of(analysis: Analysis) -> Moments:
    """What a row shows as of now: last change, start, since when it runs, until when it may."""
    runs = analysis.started_at if analysis.ended_at is None else None
    ticks = analysis.info.phase == Phase.ACTIVE and not analysis.blackout_since
    return analysis.changed_at, analysis.started_at or analysis.start_at, runs, analysis.expires_at if ticks else None


def said(moments: Moments, now: datetime) -> list:
    """How a row says these moments, in whatever language."""
    changed, start, runs, ends = moments
    shown: list = [apart(at, now) for at in (changed, start) if at]
    return shown + [time_span(span) for span in (runs and now - runs, ends and ends - now) if span is not None]


class KeptRows:
    """The rows that were made for people who see the same: in one language and time zone, with the same permissions.

    `here` is the address of the list, to which a row's actions lead back.
    """

    def __init__(self, user, here: str):
        roles = [user.has_perm(f"scans.{verb}_analysis") for verb in ("submit", "review")]
        alike = (here, roles, get_language(), timezone.get_current_timezone_name())
        self._alike = blake2b(repr(alike).encode(), digest_size=16).hexdigest()
        self._cache = caches["rows"]

    def _key(self, pk: int) -> str:
        return f"{self._alike}.{pk}"

    def of(self, rows: Iterable[Row]) -> dict[int, SafeString]:
        """Those of these rows that are kept as they would be made now, by id."""
        rows, now = {self._key(row.pk): row for row in rows}, timezone.now()
        kept = self._cache.get_many(rows)
        return {
            rows[key].pk: mark_safe(html)  # noqa: S308 - what a template made
            for key, (facts, moments, shown, html) in kept.items()
            if facts == _facts(rows[key]) and shown == said(moments, now)
        }

    def keep(self, row: Row, analysis: Analysis, shown: list, html: str) -> None:
        """Keep a row that was just made, unless the clock has gone on meanwhile. `shown`: what it `said` before."""
        moments = moments_of(analysis)
        if analysis.version == row.version and said(moments, timezone.now()) == shown:
            self._cache.set(self._key(row.pk), (_facts(row), moments, shown, str(html)), KEPT_FOR)


def _facts(row: Row) -> tuple:
    return row.version, row.changed_at, row.owner

"""What a submission holds: how it is stored, read back, compared and logged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.text import Truncator

from scans.models import Analysis, Publication, TargetLogin
from scans.schedule.recurrence import Recurrence, describe


@dataclass(frozen=True, kw_only=True)
class Access:
    """How one URL is logged in to and crawled, everything secret sealed."""

    login: TargetLogin | None = None  # not saved, of no URL scan
    crawl_script: str = ""
    crawl_script_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody wants analysed; URLs normalised, unique and allowed, everything else in its limits.

    `access` is by URL; one that is not in it is scanned as anybody would see it. `time_zone` is the name
    of the zone in which the start was chosen, and in which recurrence and own blackout windows count.
    """

    name: str
    urls: tuple[str, ...]
    duration: timedelta
    depth: int = 20
    prescan: bool = True
    publication: str = Publication.AUTOMATIC
    start_at: datetime | None = None
    time_zone: str = "UTC"
    recurrence: Recurrence | None = None
    blackout: str = ""
    access: Mapping[str, Access] = field(default_factory=dict)
    key: UUID | None = None


def columns_of(submission: Submission) -> dict:
    """The columns of an analysis that hold what was asked for."""
    return {
        "depth": submission.depth,
        "prescan": submission.prescan,
        "duration": submission.duration,
        "publication": submission.publication,
        "start_at": submission.start_at,
        "time_zone": submission.time_zone,
        "blackout": submission.blackout,
        "recurrence": submission.recurrence.to_json() if submission.recurrence else {},
    }


def as_logged(submission: Submission, name: str) -> str:
    """One setting as the log tells of it: in English, and not for pages on end."""
    value, zone = getattr(submission, name), ZoneInfo(submission.time_zone)
    if isinstance(value, Recurrence):
        with translation.override(settings.LANGUAGE_CODE):
            value = describe(value, submission.start_at or timezone.now(), zone)
    elif isinstance(value, datetime):
        value = f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    elif isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        value = f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    elif name == "urls":
        value = " ".join(value)
    return Truncator(value or "nothing").chars(300)


CHANGEABLE = (
    *("urls", "duration", "depth", "prescan", "publication", "start_at", "time_zone", "recurrence"),
    *("blackout", "access"),
)


def configuration(analysis: Analysis) -> Submission:
    """What was asked for, logins and scripts included."""
    scans = analysis.url_scans.select_related("login").order_by("position")
    access = {
        scan.url: Access(
            login=getattr(scan, "login", None),
            crawl_script=scan.crawl_script,
            crawl_script_name=scan.crawl_script_name,
        )
        for scan in scans
    }
    return Submission(
        name=analysis.name,
        urls=tuple(access),
        duration=analysis.duration,
        depth=analysis.depth,
        prescan=analysis.prescan,
        publication=analysis.publication,
        start_at=analysis.start_at,
        time_zone=analysis.time_zone,
        recurrence=Recurrence.from_json(analysis.recurrence) if analysis.recurrence else None,
        blackout=analysis.blackout,
        access=access,
    )


def once_more(analysis: Analysis) -> Submission:
    """The same configuration, to be run at once and without a schedule of its own."""
    return replace(configuration(analysis), start_at=None, recurrence=None)

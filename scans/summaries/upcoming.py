"""What the next days bring for all analyses together: scheduled and recurring starts, after blackout windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scans.models import Analysis, BlackoutWindow, RecurringSchedule
from scans.models.blackout_window import with_own
from scans.schedule.blackouts import Blackouts
from scans.statuses import AnalysisStatus
from scans.summaries.calendar_strip import Band, draw

DAYS = 14
LOOKED_AT = 100  # scheduled analyses, and as many schedules: those that start first


@dataclass(frozen=True)
class Start:
    """An analysis, or the next run of a series, that will start by itself."""

    at: datetime
    name: str
    address: str
    recurring: bool


@dataclass(frozen=True)
class Coming:
    """The starts of the coming days in their order, and the days as they are drawn."""

    starts: list[Start]
    band: Band


def coming(now: datetime, zone) -> Coming:
    """What the coming days bring; costs the same however many analyses there are."""
    until, for_all = now + timedelta(days=DAYS), BlackoutWindow.for_all()
    starts = [start for start in [*_scheduled(now, until, for_all), *_recurring(until, for_all)] if start.at <= until]
    starts.sort(key=lambda start: start.at)
    return Coming(starts, draw(for_all, zone, now, [("start", start.at) for start in starts], DAYS))


def _scheduled(now: datetime, until: datetime, for_all: Blackouts) -> list[Start]:
    waiting = Analysis.objects.present().filter(status=AnalysisStatus.SCHEDULED, start_at__lte=until)
    return [
        Start(
            with_own(for_all, analysis).next_open(max(analysis.start_at, now)),
            analysis.name,
            analysis.get_absolute_url(),
            recurring=False,
        )
        for analysis in waiting.order_by("start_at")[:LOOKED_AT]
    ]


def _recurring(until: datetime, for_all: Blackouts) -> list[Start]:
    schedules = RecurringSchedule.objects.starting_until(until).with_last_run().select_related("template")
    return [
        Start(at, schedule.template.name, schedule.get_absolute_url(), recurring=True)
        for schedule in schedules[:LOOKED_AT]
        for at in schedule.coming(DAYS, for_all)
        if at <= until
    ]

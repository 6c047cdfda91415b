"""The scheduled and recurring starts of the next days, of all analyses together, with blackout windows applied."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scans.models import Analysis, BlackoutWindow, RecurringSchedule
from scans.models.blackout_window import with_own
from scans.models.lean import large
from scans.schedule.blackouts import Blackouts
from scans.statuses import AnalysisStatus
from scans.summaries.calendar_strip import Band, draw

DAYS = 14
MAX_OF_EACH = 100  # the first scheduled analyses, and the first recurring schedules


@dataclass(frozen=True)
class Start:
    """The automatic start of a scheduled analysis or of a series' next run."""

    at: datetime
    name: str
    address: str
    recurring: bool


@dataclass(frozen=True)
class Upcoming:
    """The starts of the next days in order, and the calendar strip that shows them."""

    starts: list[Start]
    band: Band


def upcoming(now: datetime, zone: ZoneInfo) -> Upcoming:
    """The starts of the next days. Takes the same time however many analyses there are."""
    until, for_all = now + timedelta(days=DAYS), BlackoutWindow.for_all()
    starts = [start for start in [*_scheduled(now, until, for_all), *_recurring(until, for_all)] if start.at <= until]
    starts.sort(key=lambda start: start.at)
    return Upcoming(starts, draw(for_all, zone, now, [("start", start.at) for start in starts], DAYS))


def _scheduled(now: datetime, until: datetime, for_all: Blackouts) -> list[Start]:
    waiting = Analysis.objects.present().filter(status=AnalysisStatus.SCHEDULED, start_at__lte=until)
    return [
        Start(
            with_own(for_all, analysis).next_open(max(analysis.start_at, now)),
            analysis.name,
            analysis.get_absolute_url(),
            recurring=False,
        )
        for analysis in waiting.order_by("start_at")[:MAX_OF_EACH]
    ]


def _recurring(until: datetime, for_all: Blackouts) -> list[Start]:
    schedules = RecurringSchedule.objects.starting_until(until).with_last_run()
    schedules = schedules.select_related("template").defer(*large(Analysis, "template"))
    return [
        Start(at, schedule.template.name, schedule.get_absolute_url(), recurring=True)
        for schedule in schedules[:MAX_OF_EACH]
        for at in schedule.next_starts(DAYS, for_all)
        if at <= until
    ]

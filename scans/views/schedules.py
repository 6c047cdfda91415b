"""The page of all recurring schedules: series, rule, next starts, a calendar of the next days, and switches."""

from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.generic import View

from scans.models import Analysis, BlackoutWindow, RecurringSchedule
from scans.models.lean import large
from scans.summaries.upcoming import upcoming
from scans.views.access import ViewerRequired

PAGE_SIZE = 50
NEXT_STARTS = 3  # of each series
STARTS_SHOWN = 30  # beside the calendar


class ScheduleListView(ViewerRequired, View):
    """Every recurring schedule, the next start first; those that are switched off or have ended come last."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """One page of them, and all starts of the next days, those of scheduled analyses too."""
        schedules = RecurringSchedule.objects.with_last_run().select_related("series", "template")
        schedules = schedules.defer(*large(Analysis, "template")).order_by(
            F("switched_off_at").asc(nulls_first=True), F("next_at").asc(nulls_last=True), "pk"
        )
        page = Paginator(schedules, PAGE_SIZE).get_page(request.GET.get("page"))
        for_all, rows = BlackoutWindow.for_all(), list(page)
        for schedule in rows:
            schedule.coming = schedule.next_starts(NEXT_STARTS, for_all)
        ahead = upcoming(timezone.now(), timezone.get_current_timezone())
        context = {
            "schedules": rows,
            "page": page,
            "here": request.get_full_path(),
            "starts": ahead.starts[:STARTS_SHOWN],
            "more_starts": len(ahead.starts) - STARTS_SHOWN,
            "band": ahead.band,
        }
        return render(request, "scans/schedules/schedule_list.html", context)

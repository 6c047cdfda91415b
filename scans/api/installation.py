"""The whole installation: who asks, statuses, capacity, schedules."""

from drf_spectacular.utils import OpenApiParameter

from scans.analysis_list.version import ListHeader
from scans.api import shapes
from scans.api.base import ApiView, operation
from scans.api.description import LIMIT, ROW_CURSOR
from scans.exports.data import catalogue_data, iso, values_of
from scans.models import PersonSettings, RecurringSchedule


class MeView(ApiView):
    """The person of the token."""

    @operation(name="me_read", tag="Installation", summary="Read who the token acts for", answer=shapes.MeShape)
    def get(self, request):
        return self.answer(lambda: me_data(request))


def me_data(request) -> dict:
    """The person and the token. The permissions are those that both have."""
    user, token = request.user, request.auth
    return {
        "username": user.get_username(),
        "roles": sorted(filter(None, (user.role_names or "").split(","))),
        "permissions": sorted(name for name in user.get_all_permissions() if name.startswith("scans.")),
        "time_zone": PersonSettings.of(user).time_zone,
        "token": {**values_of(token, "name scopes"), "expires_at": iso(token.expires_at)},
    }


class StatusesView(ApiView):
    """The catalogue of statuses."""

    @operation(
        name="statuses_list",
        tag="Installation",
        summary="List all statuses and their meaning",
        answer=shapes.StatusList,
    )
    def get(self, request):
        return self.answer(lambda: {"items": catalogue_data(), "next": None})


class CapacityView(ApiView):
    """How much runs, and how much may."""

    @operation(name="capacity_read", tag="Installation", summary="Read the capacity", answer=shapes.CapacityShape)
    def get(self, request):
        header = ListHeader.now()
        data = {**values_of(header, "capacity running disk_is_full"), "missing": [str(kind) for kind in header.missing]}
        return self.answer(lambda: data)


class SchedulesView(ApiView):
    """The recurring schedules of all series."""

    @operation(
        name="schedules_list",
        tag="Installation",
        summary="List recurring schedules",
        query="?on=1",
        query_parameters=[
            OpenApiParameter("on", str, enum=["1"], description="Only those that are switched on."),
            LIMIT,
            ROW_CURSOR,
        ],
        answer=shapes.SchedulePage,
    )
    def get(self, request):
        limit, cursor, only_on = self.limit(), self.number("cursor"), self.choice("on", ("1",))
        schedules = RecurringSchedule.objects.with_last_run().select_related("series", "template").order_by("pk")
        schedules = schedules.switched_on() if only_on else schedules
        rows = list(schedules.filter(pk__gt=cursor or 0)[: limit + 1])
        following = rows[limit - 1].pk if len(rows) > limit else None
        return self.answer(lambda: {"items": list(map(schedule_data, rows[:limit])), "next": following})


def schedule_data(schedule: RecurringSchedule) -> dict:
    """A schedule that knows its newest run."""
    return {
        "analysis": schedule.last_run,
        "name": schedule.series.name,
        "description": str(schedule.description),
        "first_at": iso(schedule.first_at),
        "next_at": iso(schedule.next_at),
        "runs_made": schedule.runs_made,
        "switched_off_at": iso(schedule.switched_off_at),
        "switched_off_reason": schedule.switched_off_reason.in_english(),
    }

"""Who asks, statuses, capacity and schedules for programs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans.models import RecurringSchedule
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_STATUSES
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_program_reads_whom_it_acts_for(program):
    client = program("Reviewer", ["read", "control"], name="nightly")
    data = client.get("/api/v1/me/").json()
    assert (data["username"], data["roles"]) == (client.known.user.username, ["Reviewer"])
    assert data["token"]["scopes"] == ["read", "control"] and data["token"]["name"] == "nightly"
    assert "scans.review_analysis" not in data["permissions"]


def test_all_statuses_are_listed_with_their_meaning(program):
    items = program().get("/api/v1/statuses/").json()["items"]
    assert len(items) == len(ANALYSIS_STATUSES) + len(URL_SCAN_STATUSES)


def test_capacity_says_how_much_runs(program):
    client = program()
    assert client.get("/api/v1/capacity/").json()["running"] == 0
    factories.running()
    data = client.get("/api/v1/capacity/").json()
    assert data["running"] == 1 and data["capacity"] > 0 and "scheduler" in data["missing"]


def test_schedules_come_page_by_page(program):
    for _ in range(3):
        factories.submitted(
            recurrence=Recurrence(unit=Unit.WEEKLY), start_at=timezone.now() + timedelta(days=1), by=factories.user()
        )
    RecurringSchedule.objects.filter(pk=RecurringSchedule.objects.earliest("pk").pk).update(
        switched_off_at=timezone.now()
    )
    client = program()
    first = client.get("/api/v1/schedules/", {"limit": 2}).json()
    second = client.get("/api/v1/schedules/", {"limit": 2, "cursor": first["next"]}).json()
    assert len(first["items"]) == 2 and len(second["items"]) == 1 and second["next"] is None
    assert len(client.get("/api/v1/schedules/", {"on": 1}).json()["items"]) == 2

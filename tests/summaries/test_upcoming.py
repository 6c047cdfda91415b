"""The starts of the next days, of all analyses together."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scans import transitions
from scans.models import Actor, BlackoutWindow
from scans.schedule.recurrence import Recurrence, Unit
from scans.summaries.upcoming import DAYS, upcoming
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("UTC")


def starts() -> list[tuple]:
    return [(start.name, start.at - NOW, start.recurring) for start in upcoming(NOW, ZONE).starts]


def test_scheduled_and_recurring_starts_come_in_order_and_what_is_further_away_does_not(clock):
    clock.move_to(NOW)
    weekly = Recurrence(unit=Unit.WEEKLY)
    factories.scheduled(name="weekly", start_at=NOW + timedelta(days=2), recurrence=weekly)
    factories.scheduled(name="once", start_at=NOW + timedelta(days=1))
    factories.scheduled(name="far", start_at=NOW + timedelta(days=DAYS, seconds=1))
    week = timedelta(days=7)
    assert starts() == [
        ("once", timedelta(days=1), False),
        ("weekly", timedelta(days=2), False),
        ("weekly", timedelta(days=2) + week, True),
    ]


def test_a_blackout_window_moves_a_start_and_a_deleted_analysis_has_none(clock):
    clock.move_to(NOW)
    BlackoutWindow.objects.create(window="2027-03-02")
    factories.scheduled(name="moved", start_at=NOW + timedelta(days=1))
    gone = factories.scheduled(name="gone", start_at=NOW + timedelta(days=1))
    transitions.stop_analysis(gone, "save", by=Actor.COMMAND)
    transitions.delete(factories.fresh(gone), by=Actor.COMMAND)
    assert starts() == [("moved", timedelta(days=1, hours=12), False)]
    assert upcoming(NOW, ZONE).starts[0].address.startswith("/analyses/")

"""How far the clock of this host is off, and that nothing which is stored follows it then."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from scans import transitions
from scans.database import clock as shared
from scans.database.clock import clock_ahead, is_off
from scans.models import Actor
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.workers import scheduler
from tests import factories as make
from tests.rows import statuses

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
either_way = pytest.mark.parametrize("hours", [-1, 1])
on_a_server = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has the clock of its host")


@pytest.fixture
def corrected(monkeypatch):
    """Clocks that are off are corrected, as they are outside tests."""
    monkeypatch.setattr(shared, "is_off", is_off)
    yield
    shared.correct(0)


@pytest.fixture
def host(clock, corrected):
    """Let what follows happen on a host whose clock is so many hours ahead: `host(1)`."""
    ahead = 0

    def move(hours):
        nonlocal ahead
        clock.shift((hours - ahead) * HOUR)
        ahead = hours
        shared.correct(hours * 3600)

    return move


def test_a_right_clock_is_not_off():
    assert abs(clock_ahead()) < 1


@on_a_server
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock_is_off_by_as_much_and_corrected(clock, corrected, hours):
    right = timezone.now()
    clock.shift(timedelta(hours=hours))
    assert abs(clock_ahead() - hours * 3600) < 1
    assert timedelta(0) <= shared.now() - right < MINUTE


@on_a_server
def test_a_new_connection_measures_but_not_each(clock, corrected, monkeypatch):
    clock.shift(HOUR)
    for measured_at, ahead in ((shared.monotonic(), timedelta(0)), (float("-inf"), HOUR)):
        monkeypatch.setattr(shared, "_measured_at", measured_at)
        shared._measure(connection=connection)
        assert abs(shared._ahead - ahead) < MINUTE


@pytest.mark.parametrize("ahead", [-1.9, 0, 1.9])
def test_a_clock_that_is_off_by_little_is_left_alone(corrected, ahead):
    shared.correct(ahead)
    assert timezone.now() <= shared.now() <= timezone.now()


@either_way
def test_a_duration_ends_after_its_time_whatever_the_clock_of_the_scheduler_says(host, clock, hours):
    analysis = make.running(duration=30 * MINUTE)
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    transitions.confirm_pause(analysis.url_scans.get())
    host(hours)
    make.carry_out(scheduler.end_durations)
    assert statuses(analysis) == [U.PAUSED]
    clock.shift(31 * MINUTE)
    make.carry_out(scheduler.end_durations)
    assert statuses(analysis) != [U.PAUSED]


@either_way
def test_times_of_a_scan_are_those_of_one_clock(host, clock, hours):
    analysis = make.scheduled()
    host(hours)  # its worker
    transitions.start(analysis)
    scan = make.begin(analysis.url_scans.get())
    clock.shift(5 * MINUTE)
    host(0)  # another worker, to which it was handed over
    transitions.end(scan, EndedBy.ITSELF)
    analysis = make.fresh(analysis)
    scan = analysis.url_scans.get()
    assert abs(scan.ended_at - scan.started_at - 5 * MINUTE) < MINUTE
    assert abs(analysis.expires_at - analysis.started_at - analysis.duration) < MINUTE
    times = list(analysis.activity.order_by("pk").values_list("at", flat=True))
    assert times == sorted(times)


ROOMS = ("transitions", "workers", "results", "artifacts", "maintenance", "activity", "accounts")


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_that_stores_times_asks_the_clock_of_the_host(room):
    paths = list((settings.BASE_DIR / "scans" / room).rglob("*.py"))
    asking = re.compile(r"timezone\.now\b|datetime\.now\(")
    assert paths and [path.name for path in paths if asking.search(path.read_text())] == []

"""The processes that must run, and those that are missing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from scans.models import AtWork, SystemPart
from scans.models.system_part import ALIVE_FOR, when_lacking

Kind = SystemPart.Kind


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_says_what_its_absence_means_and_how_to_start_one(kind):
    assert kind.command.startswith("manage.py run_") and str(kind.when_missing).startswith("No ")


@pytest.mark.django_db
def test_a_part_is_missing_until_it_reports_and_once_it_has_been_silent():
    SystemPart.report(Kind.SCHEDULER, "one")
    assert SystemPart.missing() == [Kind.SCANS_WORKER, Kind.CHECKS_WORKER]
    SystemPart.objects.update(seen_at=F("seen_at") - ALIVE_FOR - timedelta(seconds=1))
    assert SystemPart.missing() == list(Kind) and not SystemPart.alive().exists()
    SystemPart.report(Kind.SCHEDULER, "one")
    assert SystemPart.alive().get().name == "one" and SystemPart.objects.count() == 1


@pytest.mark.django_db
def test_the_clock_of_a_host_neither_makes_a_part_seem_alive_nor_dead(clock):
    """The database's clock says when a part reported."""
    for hours in (-5, 5):
        clock.shift(timedelta(hours=hours))
        SystemPart.report(Kind.SCHEDULER, "one")
        assert Kind.SCHEDULER not in SystemPart.missing()
        clock.shift(timedelta(hours=-hours))
        assert Kind.SCHEDULER not in SystemPart.missing()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has the clock of its host")
@pytest.mark.django_db
@pytest.mark.parametrize("seconds", [-42, 42])
def test_a_part_tells_how_far_its_clock_is_off(clock, seconds):
    SystemPart.report(Kind.SCHEDULER, "right")
    clock.shift(timedelta(seconds=seconds))
    SystemPart.report(Kind.SCHEDULER, "wrong")
    right, wrong = SystemPart.objects.order_by("name")
    assert not right.clock_is_off and wrong.clock_is_off and abs(wrong.clock_ahead - seconds) < 1


@pytest.mark.django_db
def test_a_part_tells_where_it_runs_and_since_when_and_keeps_that_and_its_drain():
    SystemPart.report(Kind.SCANS_WORKER, "one", zones="default,office", engine="Wapiti 3.2.3")
    first = SystemPart.objects.get()
    SystemPart.objects.update(drain="finish")
    SystemPart.report(Kind.SCANS_WORKER, "one", zones="default,office", engine="Wapiti 3.2.3")
    later = SystemPart.objects.get()
    assert first.host and first.version and later.served == ["", "office"] and later.engine == "Wapiti 3.2.3"
    assert later.started_at == first.started_at and later.drain == "finish" and later.seen_at >= first.seen_at


@pytest.mark.django_db
def test_a_worker_of_an_older_version_reports_without_the_new_columns():
    """Its statement, as version 0.4.0 writes it: two versions run side by side while one replaces the other."""
    with connection.cursor() as cursor:
        sql = "INSERT INTO scans_systempart (kind, name, seen_at) VALUES (%s, %s, CURRENT_TIMESTAMP)"
        cursor.execute(sql, ["scans_worker", "older"])
    older = SystemPart.objects.get()
    assert (older.served, older.version, older.clock_ahead, older.clock_is_off) == ([""], "", None, False)
    assert Kind.SCANS_WORKER not in SystemPart.missing()


@pytest.mark.django_db
def test_drained_workers_take_no_work_so_their_kind_is_missing_and_their_zones_lack_one():
    for name, zones in (("here", "default"), ("there", "office")):
        SystemPart.report(Kind.SCANS_WORKER, name, zones=zones)
    assert AtWork.now().lacking(["", "office", "lab"]) == [("lab", Kind.SCANS_WORKER)]
    before = AtWork.now().version
    SystemPart.objects.filter(name="there").update(drain="finish")
    assert AtWork.now().lacking(["", "office"]) == [("office", Kind.SCANS_WORKER)] and AtWork.now().version != before
    SystemPart.objects.update(drain="finish")
    assert Kind.SCANS_WORKER in SystemPart.missing() and AtWork.now().lacking(["", "office"]) == []


def test_the_default_zone_has_a_name_for_people():
    assert when_lacking("", Kind.SCANS_WORKER).startswith("No worker of zone “default” runs")

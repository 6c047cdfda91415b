"""Starting an analysis, and giving free capacity slots to waiting URL scans."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.maintenance import recount
from scans.models import Actor, Analysis, ScanSettings, UrlScan
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.eventually import at_once
from tests.rows import statuses, tasks

pytestmark = pytest.mark.django_db


def test_what_is_beyond_capacity_is_queued_with_a_warning_and_admitted_when_a_place_is_free():
    analysis = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(3)])
    assert statuses(analysis) == [U.QUEUED, U.QUEUED, U.QUEUED_WITH_WARNING]
    assert not transitions.admit_next()
    transitions.end(make.begin(analysis.url_scans.first()), EndedBy.ITSELF)
    assert transitions.admit_next() and not transitions.admit_next()
    assert statuses(analysis)[2] == U.QUEUED and len(tasks("scan_url")) == 3


def test_places_go_to_the_analysis_that_holds_fewest():
    ScanSettings.objects.update(capacity=1)
    big = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(4)])
    small = make.started("http://127.0.0.1:9/small")
    ScanSettings.objects.update(capacity=2)
    transitions.admit_next()
    assert statuses(small) == [U.QUEUED] and statuses(big).count(U.QUEUED) == 1


def test_places_go_to_the_owner_who_holds_fewest_however_many_analyses_another_has():
    """Two analyses of one owner hold a slot and wait with one each; the other owner's has waited for a shorter time."""
    ScanSettings.objects.update(capacity=2)
    busy, other = make.user(), make.user()
    for number in range(2):
        make.started(f"http://127.0.0.1:9/{number}", by=busy)
    waiting = make.started("http://127.0.0.1:9/waiting", by=busy)
    theirs, nobodys = make.started(by=other), make.started()
    for analysis in (theirs, nobodys, waiting):
        ScanSettings.objects.update(capacity=ScanSettings.current().capacity + 1)
        assert transitions.admit_next() and statuses(analysis) == [U.QUEUED]


@pytest.mark.parametrize("owners", [1, 6])
def test_filling_a_slot_costs_the_same_queries_however_many_wait(owners):
    ScanSettings.objects.update(capacity=1)
    people = [make.user() for _ in range(owners)]
    counts = []
    for _ in range(2):
        for person in people * 2:
            make.started("http://127.0.0.1:9/1", "http://127.0.0.1:9/2", by=person)
        ScanSettings.objects.update(capacity=F("capacity") + 1)
        with CaptureQueriesContext(connection) as ran:
            assert transitions.admit_next()
        counts.append(len(ran))
    assert counts[0] == counts[1]


def test_the_next_slot_is_found_along_an_index():
    ScanSettings.objects.update(capacity=3)
    holder, other = make.user(), make.user()
    for person in (holder, holder, other, None, holder):
        make.started("http://127.0.0.1:9/1", "http://127.0.0.1:9/2", by=person or Actor.COMMAND)
    with CaptureQueriesContext(connection) as ran:
        UrlScan.objects.fairest_waiting()
    looks = [query["sql"] for query in ran if "waiting_since" in query["sql"]]
    assert looks
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read whole by right
        for sql in looks:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
            plan = str(cursor.fetchall())
            assert "analysis_waiting" in plan and "TEMP B-TREE" not in plan and "Sort Key" not in plan, plan


def test_what_an_older_version_queued_gets_a_slot_too():
    ScanSettings.objects.update(capacity=1)
    analysis = make.started("http://127.0.0.1:9/1", "http://127.0.0.1:9/2")
    Analysis.objects.update(waiting_since=None)  # which that version does not know
    ScanSettings.objects.update(capacity=2)
    assert transitions.admit_next() and statuses(analysis) == [U.QUEUED, U.QUEUED]


def test_an_analysis_knows_since_when_it_waits_for_capacity():
    ScanSettings.objects.update(capacity=1)
    analysis = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(3)])
    first, second, third = analysis.url_scans.order_by("position")
    UrlScan.objects.filter(pk=third.pk).update(queued_at=third.queued_at + timedelta(hours=1))
    assert analysis.waiting_since == second.queued_at and list(recount.recount()) == []
    transitions.pause(second, by=Actor.COMMAND)
    assert make.fresh(analysis).waiting_since == make.fresh(third).queued_at
    transitions.pause(third, by=Actor.COMMAND)
    assert make.fresh(analysis).waiting_since is None
    transitions.resume(second, by=Actor.COMMAND)  # which never started
    assert make.fresh(analysis).waiting_since == second.queued_at
    transitions.end(make.begin(first), EndedBy.ITSELF)
    assert transitions.admit_next()
    assert make.fresh(analysis).waiting_since is None and list(recount.recount()) == []


def test_a_resuming_scan_waits_for_capacity_until_it_has_a_slot():
    ScanSettings.objects.update(capacity=1)
    analysis = make.running()
    scan = analysis.url_scans.get()
    transitions.pause(scan, by=Actor.COMMAND)
    transitions.confirm_pause(make.fresh(scan))
    other = make.running().url_scans.get()
    transitions.resume(scan, by=Actor.COMMAND)
    assert make.fresh(analysis).waiting_since == make.fresh(scan).queued_at
    transitions.end(other, EndedBy.ITSELF)
    assert transitions.admit_next() and make.fresh(analysis).waiting_since is None


def test_newcomers_do_not_overtake_those_that_wait():
    ScanSettings.objects.update(capacity=1)
    make.started("http://127.0.0.1:9/1", "http://127.0.0.1:9/2")
    ScanSettings.objects.update(capacity=9)
    assert statuses(make.started()) == [U.QUEUED_WITH_WARNING]


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_start_an_analysis_once():
    analysis = make.scheduled()
    outcomes = at_once(*[lambda: transitions.start(analysis)] * 2)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [transitions.TransitionRefused]
    assert analysis.activity.filter(action="analysis.started").count() == 1
    assert statuses(analysis) == [U.QUEUED] and len(tasks("scan_url")) == 1

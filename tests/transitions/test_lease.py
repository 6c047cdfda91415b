"""Leases: one worker holds a URL scan at a time, and a lost worker is replaced."""

import pytest

from scans import transitions
from scans.models import Actor, ScanSettings, StopMode
from scans.reasons import Reason
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.transitions import LeaseLost
from tests import factories as make
from tests.eventually import at_once
from tests.factories import lose
from tests.rows import only_scan, tasks

pytestmark = pytest.mark.django_db


def test_a_scan_is_held_by_one_worker_at_a_time():
    scan = only_scan(make.started())
    assert transitions.take(scan.pk, "one", among=[U.QUEUED])
    assert transitions.take(scan.pk, "two", among=[U.QUEUED]) is None


@pytest.mark.parametrize(
    "verb",
    [
        lambda scan: transitions.end(scan, EndedBy.ITSELF),
        lambda scan: transitions.confirm_pause(scan),
        lambda scan: transitions.leave(scan),
        lambda scan: transitions.begin(scan, engine="Fake", version="1"),
    ],
    ids=["end", "confirm_pause", "leave", "begin"],
)
def test_what_only_the_holder_may_say_is_refused_to_one_who_lost_the_lease(verb):
    scan = make.running().url_scans.get()
    transitions.leave(scan)
    make.begin(scan, "another-worker")
    with pytest.raises(transitions.LeaseLost):
        verb(scan)
    assert make.fresh(scan).status == U.IN_PROGRESS


def test_renewing_stores_progress_and_tells_the_status():
    scan = only_scan(make.running())
    version = make.fresh(scan.analysis).version
    assert transitions.renew(scan, requests=17)[0] == U.IN_PROGRESS
    assert make.fresh(scan).requests == 17 and make.fresh(scan.analysis).version > version
    scan.lease_holder = "somebody-else"
    with pytest.raises(LeaseLost):
        transitions.renew(scan)


def test_a_lost_worker_is_replaced_twice_and_then_the_scan_ends():
    scan = only_scan(make.running())
    for _ in range(transitions.MAX_ATTEMPTS):
        lose(scan)
        transitions.recover(scan)
        assert make.fresh(scan).status == U.RESUMING
        make.begin(scan)
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).status == U.TECHNICAL_ISSUE_STOPPED and "lost 3 times" in str(make.fresh(scan).reason)


def test_a_worker_that_is_lost_before_its_engine_runs_is_logged():
    scan = only_scan(make.started())
    transitions.take(scan.pk, "a-worker", among=[U.QUEUED])
    lose(scan)
    transitions.recover(scan)
    entry = make.fresh(scan).activity.get(action="url_scan.worker_lost")
    assert (entry.actor, entry.to_status) == (Actor.SCHEDULER, "") and entry.reason == Reason("worker_silent")
    assert make.fresh(scan).status == U.QUEUED


def test_a_worker_that_is_lost_while_it_pauses_did_not_say_that_it_has():
    scan = only_scan(make.running())
    transitions.pause(scan, by=Actor.COMMAND)
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).status == U.PAUSED
    last = scan.activity.order_by("pk").values_list("action", "actor")
    assert list(last)[-2:] == [("url_scan.worker_lost", "scheduler"), ("url_scan.session_saved", "scheduler")]


def test_a_worker_that_is_lost_while_it_verifies_is_logged():
    scan = only_scan(make.ended())
    transitions.take(scan.pk, "a-worker", among=[scan.status])
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).activity.filter(action="url_scan.worker_lost").count() == 1
    assert not make.fresh(scan).lease_holder and len(tasks("verify")) == 2


def test_a_live_worker_is_left_alone():
    scan = only_scan(make.running())
    transitions.recover(scan)
    assert make.fresh(scan).status == U.IN_PROGRESS


@pytest.mark.parametrize(
    ("mode", "expected"),
    [(StopMode.SAVE, U.STOPPED_VERIFYING_PARTIAL_RESULTS), (StopMode.DELETE, U.STOPPING_DELETING_RESULTS)],
)
def test_a_stop_is_carried_out_though_the_worker_is_lost(mode, expected):
    scan = only_scan(make.running())
    transitions.stop(scan, mode, by=Actor.COMMAND)
    lose(scan)
    transitions.recover(scan)
    assert make.fresh(scan).status == expected
    assert tasks("delete_results") == ([scan.pk] if mode == StopMode.DELETE else [])


def test_a_worker_that_leaves_hands_its_scan_on():
    scan = only_scan(make.running())
    transitions.leave(scan)
    assert make.fresh(scan).status == U.RESUMING and tasks("scan_url") == [scan.pk, scan.pk]


@pytest.mark.django_db(transaction=True)
def test_many_workers_take_each_scan_once():
    ScanSettings.objects.update(capacity=9)
    analysis = make.started(*[f"http://127.0.0.1:9/{n}" for n in range(6)])
    pks = list(analysis.url_scans.values_list("pk", flat=True))

    def work(name):
        return [pk for pk in pks if transitions.take(pk, name, among=[U.QUEUED])]

    taken = at_once(*[lambda name=f"worker-{n}": work(name) for n in range(4)])
    assert sorted(pk for each in taken for pk in each) == sorted(pks)

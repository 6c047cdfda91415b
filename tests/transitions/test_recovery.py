"""A URL scan whose worker was lost gets another one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, StopMode, UrlScan
from scans.reasons import Reason
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.factories import lose
from tests.rows import only_scan, tasks

pytestmark = pytest.mark.django_db


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
    assert not make.fresh(scan).lease_holder and len(tasks("verify")) == 1


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


@pytest.mark.parametrize(
    ("ran", "status"), [(timedelta(hours=2), U.RESUMING), (timedelta(minutes=30), U.TECHNICAL_ISSUE_STOPPED)]
)
def test_losses_are_forgiven_after_an_hour_of_progress(ran, status):
    scan = only_scan(make.running())
    since = timezone.now() - ran
    UrlScan.objects.filter(pk=scan.pk).update(attempts=transitions.MAX_ATTEMPTS, status_at=since)
    lose(scan)
    transitions.recover(scan)
    scan = make.fresh(scan)
    assert scan.status == status
    assert scan.attempts == (1 if status == U.RESUMING else transitions.MAX_ATTEMPTS)

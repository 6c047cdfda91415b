"""Leases: one worker holds a URL scan at a time."""

import pytest

from scans import transitions
from scans.models import ScanSettings
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from scans.transitions import LeaseLost
from tests import factories as make
from tests.eventually import at_once
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

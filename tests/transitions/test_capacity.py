"""Starting an analysis, and giving free capacity slots to waiting URL scans."""

import pytest

from scans import transitions
from scans.models import ScanSettings
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

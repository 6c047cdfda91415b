"""Nothing is wrong whatever happened, and a violation is one only if it is there twice."""

import pytest
from django.utils import timezone

from scans import transitions
from scans.maintenance.invariants import checking
from scans.maintenance.recount import recount
from scans.models import (
    Actor,
)
from scans.sample_data import loading
from tests import factories
from tests.maintenance.invariants.spoiling import change, published, running
from tests.maintenance.test_recount import everything_that_happens

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    """What is wrong, as sentences."""
    return [str(one) for one in checking.check(0).found]


def test_whatever_happened_nothing_is_wrong():
    everything_that_happens()
    assert found() == []


def test_nothing_is_wrong_with_sample_data():
    loading.create(300, seed=2, now=timezone.now())
    assert found() == []


def test_nothing_is_wrong_with_every_way_of_one_scan():
    paused = factories.running()
    transitions.pause_analysis(paused, by=Actor.COMMAND)
    transitions.confirm_pause(paused.url_scans.get())
    lost = factories.running()
    factories.lose(lost.url_scans.get())
    transitions.recover(lost.url_scans.get())
    again = factories.published()
    transitions.verify_again(again.url_scans.get(), by=Actor.COMMAND)
    failed = factories.submitted()
    transitions.fail_submission(failed, reason="said by the test")
    transitions.submit_again(failed, by=Actor.COMMAND)
    assert found() == []


def test_a_version_that_does_not_grow_is_noticed(monkeypatch):
    analysis = factories.scheduled()
    monkeypatch.setattr(checking, "sleep", lambda _: change(analysis, version=0))
    assert [one.invariant for one in checking.check(0).found] == ["versions_grow"]


def test_the_second_look_forgives_what_is_right_by_then(monkeypatch):
    scan = running()
    change(scan, slot_since=None)
    monkeypatch.setattr(checking, "sleep", lambda _: change(scan, slot_since=timezone.now()))
    assert found() == []


def test_a_recount_repairs_the_sums():
    change(published().analysis, findings_all=1)
    assert found()
    list(recount())
    assert found() == []


def test_only_so_many_violations_are_looked_at_twice(monkeypatch):
    monkeypatch.setattr(checking, "MOST", 3)
    for _ in range(4):
        change(factories.scheduled(), urls=7)
    result = checking.check(0)
    assert not result.is_whole
    assert len(result.violations) == 3

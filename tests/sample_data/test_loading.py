"""Sample data is the same per seed, and all that works on real analyses leaves it alone."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import ActivityLogEntry, Actor, Analysis, UrlScan
from scans.sample_data import loading
from scans.statuses import (
    MAY_HOLD_SLOT,
    WAITING_FOR_A_WORKER,
)
from scans.workers import leading
from tests.sample_data.making import made_with

pytestmark = pytest.mark.django_db


def test_people_are_the_sample_user_who_cannot_log_in(three_hundred):
    owner = get_user_model().objects.get(username="sample-data")
    assert not owner.is_active and not owner.has_usable_password()
    assert not Analysis.objects.exclude(owner=owner).exists()
    by_people = ActivityLogEntry.objects.filter(actor=Actor.USER)
    assert set(by_people.values_list("user", flat=True)) == {owner.pk}
    assert not ActivityLogEntry.objects.exclude(actor=Actor.USER).filter(user__isnull=False).exists()


def test_the_same_seed_makes_the_same_and_another_something_else():
    assert made_with(1) == made_with(1)
    assert made_with(1) != made_with(2)


def test_a_second_load_adds_as_many_and_real_analyses_go_on_after_it(three_hundred):
    loading.create(20, seed=7, now=timezone.now())
    assert Analysis.objects.count() == 320
    submission = transitions.Submission(name="Real", urls=("http://localhost/",), duration=timedelta(hours=1))
    assert transitions.submit(submission, by=Actor.COMMAND).pk > 320


def test_a_tick_of_the_scheduler_changes_nothing_and_no_worker_gets_a_scan(three_hundred):
    before = list(UrlScan.objects.order_by("pk").values_list("status", "lease_until"))
    leading.tick("test")
    assert list(UrlScan.objects.order_by("pk").values_list("status", "lease_until")) == before
    assert not DBTaskResult.objects.exists()
    for scan in UrlScan.objects.filter(status__in=WAITING_FOR_A_WORKER | MAY_HOLD_SLOT):
        assert transitions.take(scan.pk, "worker", among=[scan.status]) is None

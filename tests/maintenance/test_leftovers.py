"""Rows that nobody needs any more are removed, a few at a time; the others stay."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans.maintenance import leftovers
from scans.models import FailedLogins, SystemPart
from tests import factories as make

pytestmark = pytest.mark.django_db


def finished_task(ago):
    make.submitted()
    result = DBTaskResult.objects.ready().first()
    result.claim("a worker")
    result.set_successful(None)
    DBTaskResult.objects.filter(pk=result.pk).update(finished_at=timezone.now() - ago)
    return result


def failed_task(ago):
    make.submitted()
    result = DBTaskResult.objects.ready().first()
    result.claim("a worker")
    result.set_failed(RuntimeError())
    DBTaskResult.objects.filter(pk=result.pk).update(finished_at=timezone.now() - ago)
    return result


def process(ago):
    part = SystemPart(kind=SystemPart.Kind.SCANS_WORKER, name=f"a worker {ago}", seen_at=timezone.now() - ago)
    part.save()
    return part


def session(ago):
    store = SessionStore()
    store.set_expiry(timezone.now() - ago + timedelta(hours=1))
    store.save()
    return Session.objects.get(pk=store.session_key)


def failed_logins(ago):
    return FailedLogins.objects.create(account=str(ago), last_at=timezone.now() - ago)


@pytest.mark.parametrize(
    ("make_one", "kept", "over"),
    [
        (finished_task, timedelta(days=6), timedelta(days=8)),
        (failed_task, timedelta(days=6), timedelta(days=8)),
        (process, timedelta(hours=23), timedelta(hours=25)),
        (session, timedelta(), timedelta(hours=2)),
        (failed_logins, timedelta(hours=23), timedelta(hours=25)),
    ],
)
def test_old_rows_go_and_others_stay(make_one, kept, over):
    young, old = make_one(kept), make_one(over)
    make.carry_out(leftovers.pieces)
    left = set(type(old).objects.values_list("pk", flat=True))
    assert young.pk in left and old.pk not in left


def test_many_go_in_several_transactions(monkeypatch):
    monkeypatch.setattr(leftovers, "AT_A_TIME", 2)
    for hours in range(5):
        process(timedelta(days=2, hours=hours))
    removed = []
    for piece in leftovers.pieces():
        before = SystemPart.objects.count()
        piece()
        removed.append(before - SystemPart.objects.count())
    assert removed == [2, 2, 1]


def test_what_cannot_be_removed_is_left_for_the_next_turn():
    process(timedelta(days=2))
    assert sum(1 for _ in leftovers.pieces()) == 1  # asked once, though nobody removed it

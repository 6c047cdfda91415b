"""The worker process: whose task it takes next."""

import threading

import pytest
from django_tasks_db.management.commands import db_worker
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import Actor, SystemPart
from scans.transitions import turns
from scans.transitions.turns import owner_of
from scans.workers import supervision
from scans.workers.worker import ScanWorker
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_loop_of_django_tasks_takes_tasks_in_turns_between_owners(monkeypatch):
    taken = []
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)  # the test's own connection stays open
    monkeypatch.setattr(Worker, "run_task", lambda worker, result: taken.append(owner_of(result.queue_name)))
    busy, other = factories.user(), factories.user()
    for owner, count in ((busy, 4), (other, 2)):
        for _ in range(count):
            factories.submitted(by=owner)
    factories.started(by=other)  # whose scan is for the other kind of worker
    worker = ScanWorker("checks")
    worker.batch = True  # ends when no task is left
    Worker.run(worker)
    assert taken == [busy.pk, other.pk, busy.pk, other.pk, busy.pk, other.pk, busy.pk]


@pytest.fixture
def worker(monkeypatch):
    """A worker for checks that has reported, whose loop ends when it finds no task; `worker.taken` are its tasks."""
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    monkeypatch.setattr(turns, "_served", turns.served())
    monkeypatch.setattr(supervision, "shutdown_requested", threading.Event())
    worker, taken = ScanWorker("checks", ["", "office"], "Owl 1"), []
    monkeypatch.setattr(Worker, "run_task", lambda worker, result: taken.append(turns.zone_of(result.queue_name)))
    worker.batch, worker.taken = True, taken
    SystemPart.report(worker._kind, worker.worker_id, **worker._facts)
    return worker


def test_it_takes_tasks_of_its_zones_alone(worker):
    for zone in ("", "office", "lab"):
        transitions.enqueue("remove_data", 1, owner=None, zone=zone)
    Worker.run(worker)
    assert sorted(worker.taken) == ["", "office"]


def test_a_drained_worker_takes_nothing_until_it_is_resumed(worker):
    part = SystemPart.objects.get()
    factories.submitted()
    transitions.drain(part, by=Actor.COMMAND)
    Worker.run(worker)
    assert worker.taken == []
    transitions.resume_worker(part, by=Actor.COMMAND)
    Worker.run(worker)
    assert worker.taken == [""]


@pytest.mark.parametrize("hand_over", [False, True])
def test_a_drained_worker_finishes_what_it_runs_or_hands_it_over_and_can_be_resumed(worker, monkeypatch, hand_over):
    transitions.drain(SystemPart.objects.get(), by=Actor.COMMAND, hand_over=hand_over)
    monkeypatch.setattr(worker, "_over", TwoLooks())
    worker.running_task = True
    worker._report()
    assert supervision.shutdown_requested.is_set() == hand_over
    factories.submitted()
    worker.run_task(DBTaskResult.objects.get())
    assert not supervision.shutdown_requested.is_set() and worker.running


class TwoLooks:
    """The end of a worker that comes after its second report."""

    def __init__(self):
        self._left = 2

    def wait(self, seconds):
        self._left -= 1
        return self._left < 0

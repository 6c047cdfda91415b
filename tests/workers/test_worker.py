"""The worker process: whose task it takes next, how a signal ends it, and how it waits for the database."""

import signal
import threading

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import Actor, SystemPart
from scans.transitions import turns
from scans.transitions.turns import owner_of
from scans.workers import supervision
from scans.workers import worker as process
from scans.workers.worker import ScanWorker
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_worker_takes_tasks_in_turns_between_owners(monkeypatch):
    taken = []
    monkeypatch.setattr(process, "close_old_connections", lambda: None)  # the test's own connection stays open
    monkeypatch.setattr(Worker, "run_task", lambda worker, result: taken.append(owner_of(result.queue_name)))
    busy, other = factories.user(), factories.user()
    for owner, count in ((busy, 4), (other, 2)):
        for _ in range(count):
            factories.submitted(by=owner)
    factories.started(by=other)  # whose scan is for the other kind of worker
    worker = ScanWorker("checks")
    worker.batch = True  # ends when no task is left
    worker.work()
    assert taken == [busy.pk, other.pk, busy.pk, other.pk, busy.pk, other.pk, busy.pk]


@pytest.fixture
def worker(monkeypatch):
    """A worker for checks that has reported, whose loop ends when it finds no task; `worker.taken` are its tasks."""
    monkeypatch.setattr(process, "close_old_connections", lambda: None)
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
    worker.work()
    assert sorted(worker.taken) == ["", "office"]


def test_a_drained_worker_takes_nothing_until_it_is_resumed(worker):
    part = SystemPart.objects.get()
    factories.submitted()
    transitions.drain(part, by=Actor.COMMAND)
    worker.work()
    assert worker.taken == []
    transitions.resume_worker(part, by=Actor.COMMAND)
    worker.work()
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


@pytest.fixture
def at_rest(monkeypatch):
    """A worker that has nothing beside its loop, and whose shut-down reaches no other test."""
    monkeypatch.setattr(process, "close_old_connections", lambda: None)
    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr(process.artifacts, "keep_catching_up", lambda over: None)
    monkeypatch.setattr(process.sending, "keep_sending", lambda over: None)
    monkeypatch.setattr(process, "SECONDS_AFTER_FAILURE", 0)
    monkeypatch.setattr(supervision, "shutdown_requested", threading.Event())
    return ScanWorker("checks")


def test_a_signal_sets_a_flag_and_raises_nothing_wherever_the_worker_is(at_rest):
    at_rest.shutdown(signal.SIGTERM, None)
    at_rest.shutdown(signal.SIGTERM, None)
    assert not at_rest.running and supervision.shutdown_requested.is_set()
    factories.submitted()
    at_rest.run()  # ends, and takes nothing
    assert DBTaskResult.objects.get().status == TaskResultStatus.READY
    assert not SystemPart.objects.exists()


def test_a_task_that_was_taken_as_the_signal_came_is_given_back(at_rest, monkeypatch):
    factories.submitted()
    really_claim = DBTaskResult.claim

    def claim(result, name):
        really_claim(result, name)
        at_rest.shutdown(signal.SIGTERM, None)

    monkeypatch.setattr(DBTaskResult, "claim", claim)
    at_rest.run()
    result = DBTaskResult.objects.get()
    assert (result.status, result.started_at, result.worker_ids) == (TaskResultStatus.READY, None, [])


def test_a_worker_waits_for_a_database_that_fails(at_rest, monkeypatch):
    failures = [OperationalError("the database system is starting up")] * 3

    def run(self):
        if failures:
            raise failures.pop()

    monkeypatch.setattr(ScanWorker, "work", run)
    at_rest.run()
    assert not failures


def test_a_task_whose_result_could_not_be_stored_is_failed_once_the_database_is_back(at_rest, monkeypatch):
    factories.submitted()
    result = DBTaskResult.objects.get()
    result.claim(at_rest.worker_id)

    def run_task(self, result):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(Worker, "run_task", run_task)
    at_rest.run_task(result)
    assert DBTaskResult.objects.failed().get().finished_at <= timezone.now()


def test_an_idle_worker_looks_without_a_lock(at_rest, monkeypatch):
    ran = []
    monkeypatch.setattr(at_rest._wakeup, "wait", lambda seconds: at_rest.shutdown(signal.SIGTERM, None))
    with connection.execute_wrapper(lambda execute, sql, *rest: ran.append(sql) or execute(sql, *rest)):
        at_rest.work()
    assert ran and not [sql for sql in ran if not sql.startswith(("SELECT", "LISTEN"))]


def test_a_task_is_found_soon_though_nothing_tells_of_it(at_rest, monkeypatch):
    """As behind a proxy that loses notifications; its only wait ends by its time."""
    waits = []

    def wait(seconds):
        waits.append(seconds)
        factories.submitted()
        at_rest.batch = True

    monkeypatch.setattr(at_rest._wakeup, "wait", wait)
    monkeypatch.setattr(Worker, "run_task", lambda worker, result: None)
    at_rest.work()
    assert waits == [process.SECONDS_BETWEEN_LOOKS] and waits[0] <= 5
    assert DBTaskResult.objects.get().status == TaskResultStatus.RUNNING


def test_a_worker_that_lost_a_race_for_a_task_looks_again_at_once(at_rest, monkeypatch):
    waits = []

    def get_locked(tasks):
        DBTaskResult.objects.update(status=TaskResultStatus.RUNNING)  # another worker was faster
        return None

    def wait(seconds):
        waits.append(seconds)
        at_rest.running = False

    factories.submitted()
    monkeypatch.setattr(type(DBTaskResult.objects.all()), "get_locked", get_locked)
    monkeypatch.setattr(at_rest._wakeup, "wait", wait)
    at_rest.work()
    assert waits == [process.SECONDS_AFTER_A_RACE]

"""A worker takes nothing that needs room on a full disk, says so, and continues when there is room."""

import pytest
from django.db import OperationalError, transaction
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from scans import room, transitions
from scans.models import Actor, FullDisk
from scans.reasons import NO_REASON, Reason
from scans.statuses import UrlScanStatus as U
from scans.workers import space
from scans.workers import worker as worker_process
from scans.workers.worker import ScanWorker
from tests import factories as make
from tests.rows import statuses, tasks

pytestmark = pytest.mark.django_db
FULL = Reason("no_room", folder="/var", free=3, needed=100)


@pytest.fixture
def disk(monkeypatch):
    """A disk that is full, until its list is emptied; looked at each time."""
    full = [FULL]
    monkeypatch.setattr(room, "shortage", lambda times=1: full[0] if full else NO_REASON)
    monkeypatch.setattr(space, "SECONDS_BETWEEN_LOOKS", 0)
    return full


@pytest.fixture
def run(monkeypatch):
    """Let a worker of a queue do all that it takes; returns the names of the tasks."""

    def run_worker(queue):
        taken = []
        monkeypatch.setattr(
            worker_process, "close_old_connections", lambda: None
        )  # the test's own connection stays open
        monkeypatch.setattr(Worker, "run_task", lambda worker, result: taken.append(result.task_path.split(".")[-1]))
        worker = ScanWorker(queue)
        worker.batch = True  # ends when no task is left
        worker.work()
        return taken

    return run_worker


def test_scans_stay_queued_while_the_disk_is_full_and_start_by_themselves(disk, run, caplog):
    analyses = [make.started() for _ in range(2)]
    assert run("scans") == []
    assert [statuses(analysis) for analysis in analyses] == [[U.QUEUED], [U.QUEUED]] and len(tasks("scan_url")) == 2
    assert "3 MB are free in /var" in caplog.text and "retention" in caplog.text
    assert "3 MB are free in /var" in FullDisk.told()[0]
    disk.clear()
    assert run("scans") == ["scan_url", "scan_url"]


def test_a_worker_says_once_that_the_disk_is_full_and_once_that_there_is_room(disk, caplog):
    worker = ScanWorker("scans")
    make.started()
    assert [list(worker.queue_names) for _ in range(3)] == [[], [], []]
    assert caplog.text.count("No scan starts on this host") == 1 and FullDisk.objects.count() == 1
    disk.clear()
    assert all(list(worker.queue_names) for _ in range(3))
    assert caplog.text.count("waiting scans start") == 1 and not FullDisk.objects.exists()


def test_a_prescan_waits_for_room_and_what_frees_some_does_not(disk, run, clock):
    analysis = make.submitted()
    transitions.delete(make.published(), by=Actor.COMMAND)
    verified = make.ended()
    DBTaskResult.objects.filter(task_path="scans.tasks.verify").exclude(
        args_kwargs__args__0=verified.url_scans.get().pk
    ).delete()
    assert sorted(run("checks")) == ["remove_data", "verify"]
    waits = DBTaskResult.objects.get(task_path="scans.tasks.set_up", args_kwargs__args__0=analysis.pk)
    assert (waits.status, waits.worker_ids, waits.started_at) == ("READY", [], None)
    assert not DBTaskResult.objects.ready().filter(pk=waits.pk)
    disk.clear()
    clock.shift(space.PUT_OFF_FOR)
    assert "set_up" in run("checks")


def test_nothing_is_taken_while_the_database_cannot_note_who_took_it(disk, run, monkeypatch):
    transitions.delete(make.published(), by=Actor.COMMAND)
    monkeypatch.setattr(room, "database_is_full", lambda: True)
    assert run("checks") == []


def test_a_full_disk_that_cannot_be_stored_ends_no_worker(disk, monkeypatch, caplog):
    def full(*_):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(FullDisk, "report", full)
    monkeypatch.setattr(space.connection, "close", lambda: None)  # the test's own
    with transaction.atomic():
        assert ScanWorker("scans").queue_names == []
    assert "it is tried again" in caplog.text

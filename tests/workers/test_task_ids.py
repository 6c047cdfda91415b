"""Each line of the log that a task writes names the task, the analysis and the URL scan."""

import pytest
from django.db import OperationalError
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from scans.models import UrlScan
from scans.workers import worker as worker_process
from scans.workers.task_ids import ids_of_task
from scans.workers.worker import ScanWorker
from scans.working_on import ids_in_work
from tests import factories

pytestmark = pytest.mark.django_db


def queued(task):
    """The newest task of this name in the queue."""
    return DBTaskResult.objects.filter(task_path__endswith=f".{task}").latest("enqueued_at")


def test_a_task_about_an_analysis_names_it():
    analysis = factories.submitted()
    task = queued("set_up")
    assert ids_of_task(task) == {"task": str(task.id), "analysis": analysis.pk, "url_scan": None}


def test_a_task_about_a_url_scan_names_its_analysis_too(django_assert_num_queries):
    scan = factories.started().url_scans.get()
    task = queued("scan_url")
    with django_assert_num_queries(1):
        assert ids_of_task(task) == {"task": str(task.id), "analysis": scan.analysis_id, "url_scan": scan.pk}


def test_a_task_that_cannot_be_read_keeps_its_own_id(monkeypatch):
    factories.started()
    task = queued("scan_url")
    monkeypatch.setattr(UrlScan.objects, "filter", _away)
    assert ids_of_task(task) == {"task": str(task.id)}
    task.task_path = "scans.tasks.of_another_version"
    assert ids_of_task(task) == {"task": str(task.id)}


def test_a_worker_works_on_what_its_task_names(monkeypatch):
    seen = []
    monkeypatch.setattr(worker_process, "close_old_connections", lambda: None)  # the test's own connection stays open
    monkeypatch.setattr(Worker, "run_task", lambda worker, result: seen.append(ids_in_work()))
    analysis = factories.submitted()
    worker = ScanWorker("checks")
    worker.batch = True  # ends when no task is left
    worker.work()
    assert [ids["analysis"] for ids in seen] == [analysis.pk] and ids_in_work() == {}


def _away(**conditions):
    raise OperationalError("connection refused")

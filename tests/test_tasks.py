"""The background tasks: their queues, and what each calls."""

import pytest

from scans import tasks, transitions
from scans.models import Actor, StopMode
from scans.statuses import EndedBy, UrlScanStatus
from tests import factories


def test_scans_have_a_queue_of_their_own_and_removal_waits_for_everything_else():
    every = {name: task for name, task in vars(tasks).items() if hasattr(task, "queue_name")}
    assert {name for name, task in every.items() if task.queue_name == tasks.SCANS} == {"scan_url"}
    assert {name for name, task in every.items() if task.priority < 0} == {"remove_data"}


def test_one_engine_serves_a_whole_process():
    assert tasks.engine() is tasks.engine()


@pytest.mark.django_db
def test_results_are_deleted_with_their_files_and_it_may_be_done_twice():
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    scan = analysis.url_scans.first()
    factories.find(scan)
    transitions.end(scan, EndedBy.ITSELF)
    scan.directory.mkdir(parents=True)
    transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
    for _ in range(2):
        tasks.delete_results.func(scan.pk)
    scan = factories.fresh(scan)
    assert not scan.directory.exists() and not scan.findings.exists() and scan.status == UrlScanStatus.STOPPED

"""The worker process: whose task it takes next."""

import pytest
from django_tasks_db.management.commands import db_worker
from django_tasks_db.management.commands.db_worker import Worker

from scans.transitions.turns import owner_of
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

"""What each process runs, and why something waits for a zone."""

import pytest
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import AtWork, SystemPart
from scans.statuses import UrlScanStatus as U
from scans.summaries.workers import waits_for_zones, workers
from tests import factories as make

pytestmark = pytest.mark.django_db


def test_what_runs_is_named_even_if_its_row_is_gone_its_page_deleted_or_its_task_unknown():
    SystemPart.report(SystemPart.Kind.CHECKS_WORKER, "one")
    deleted = make.published("http://127.0.0.1:9/")
    transitions.delete(deleted, by=make.user())
    DBTaskResult.objects.all().delete()
    tasks = [("remove_data", deleted.pk), ("set_up", 10**6), ("verify", deleted.url_scans.get().pk), ("set_up", 1)]
    for name, pk in tasks:
        transitions.enqueue(name, pk, owner=None)
        DBTaskResult.objects.ready().get().claim("one")
    later = DBTaskResult.objects.filter(args_kwargs__args__0=1, task_path__endswith="set_up")
    later.update(task_path="scans.tasks.of_a_later_version")
    found = {one.task: one for one in workers()[0].running}
    assert set(found) == {"remove_data", "set_up", "verify", "of_a_later_version"}
    assert found["set_up"].thing is None and found["of_a_later_version"].label == "of_a_later_version"
    assert [found[name].address for name in found] == [""] * 4 and str(found["remove_data"].thing) == str(deleted)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (U.SUBMITTED, "No worker for checks of zone “office”"),
        (U.QUEUED, "No worker of zone “office”"),
        (U.RESUMING, "No worker of zone “office”"),
        (U.COMPLETED_VERIFYING_RESULTS, "No worker for checks of zone “office”"),
        (U.IN_PROGRESS, ""),
        (U.COMPLETED_RESULTS_AVAILABLE, ""),
    ],
)
def test_what_waits_says_which_worker_its_zone_lacks(status, words):
    parts = [SystemPart(kind=kind, zones="default") for kind in SystemPart.Kind]
    said = waits_for_zones([(status, "office"), (status, None), (status, "")], AtWork(parts))
    assert len(said) == bool(words) and "".join(said).startswith(words)

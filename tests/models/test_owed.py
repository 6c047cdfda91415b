"""Which rows must have a task: those on which nobody works and that are not done."""

import pytest

from scans import transitions
from scans.models import Actor, ScanSettings, UrlScan
from scans.models.owed import OWED_TASKS, owed
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from tests import factories as make

pytestmark = pytest.mark.django_db


def owing() -> dict[str, list[int]]:
    """The ids of the rows that must have a task, by its name."""
    return {name: pks for name in OWED_TASKS if (pks := [row.pk for row in owed(name)])}


def test_a_scan_needs_tasks_one_after_the_other_from_its_submission_to_its_publication():
    analysis = make.submitted()
    scan = analysis.url_scans.get()
    assert owing() == {"set_up": [analysis.pk]}
    transitions.schedule(analysis)
    assert owing() == {}
    transitions.start(analysis)
    assert owing() == {"scan_url": [scan.pk]}
    scan = make.begin(scan)
    assert owing() == {}
    make.find(scan)
    transitions.end(scan, EndedBy.ITSELF)
    assert owing() == {"verify": [scan.pk]}
    make.verify(make.fresh(scan))
    assert owing() == {}


def test_a_scan_beyond_capacity_needs_no_task():
    ScanSettings.objects.update(capacity=1)
    analysis = make.started("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    assert owing() == {"scan_url": [analysis.url_scans.get(status=U.QUEUED).pk]}


def test_what_a_worker_holds_needs_no_task():
    scan = make.ended().url_scans.get()
    UrlScan.objects.update(lease_holder="a-worker")
    assert owing() == {} and not list(owed("verify", scan.pk))


def test_a_draft_needs_a_task_only_while_its_prescan_is_asked_for_or_under_way():
    draft = transitions.save(make.submission(), by=Actor.COMMAND)
    assert owing() == {}
    transitions.prescan_only(draft, by=Actor.COMMAND)
    assert owing() == {"set_up": [draft.pk]}
    transitions.begin_prescan(draft)
    assert owing() == {"set_up": [draft.pk]}
    transitions.end_prescan(draft, checked=1, passed=1)
    assert owing() == {}


def test_a_deleted_analysis_needs_only_the_removal_of_its_data():
    analysis = make.published()
    transitions.delete(analysis, by=Actor.COMMAND)
    assert owing() == {"remove_data": [analysis.pk]}


def test_one_row_can_be_asked_about():
    one, other = make.submitted(), make.submitted()
    assert [row.pk for row in owed("set_up", other.pk)] == [other.pk] != [one.pk]
    assert {row.owner for row in owed("set_up")} == {None}

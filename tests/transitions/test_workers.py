"""Draining workers, and moving what waits to the zones of now."""

import pytest
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.models import Actor, AllowedTarget, SecurityEvent, SystemPart
from scans.transitions.turns import zone_of
from tests import factories as make

pytestmark = pytest.mark.django_db
TARGET = "http://127.0.0.1:9/"


@pytest.fixture
def part():
    SystemPart.report(SystemPart.Kind.SCANS_WORKER, "one")
    return SystemPart.objects.get()


def test_draining_and_resuming_are_in_the_security_log_once_each(part):
    ada = make.user("Administrator")
    for verb, kept in (
        (transitions.drain, "finish"),
        (transitions.drain, "finish"),
        (lambda part, by: transitions.drain(part, by=by, hand_over=True), "handover"),
        (transitions.resume_worker, ""),
    ):
        verb(part, by=ada)
        part.refresh_from_db()
        assert part.drain == kept
    events = SecurityEvent.objects.filter(kind="worker").order_by("pk")
    assert [event.event for event in events] == ["worker.drained", "worker.handed_over", "worker.resumed"]
    assert {(event.who, event.subject) for event in events} == {(ada.username, str(part))}


@pytest.mark.parametrize("role", ["", "Viewer", "Submitter", "Reviewer"])
def test_only_administrators_drain(part, role):
    with pytest.raises(transitions.NotPermitted, match="needs the role Administrator"):
        transitions.drain(part, by=make.user(role))
    part.refresh_from_db()
    assert not part.drain and SecurityEvent.objects.filter(event="refused.action").exists()


def test_a_worker_that_has_ended_and_a_scheduler_are_not_drained(part):
    part.delete()
    SystemPart.report(SystemPart.Kind.SCHEDULER, "two")
    for row in (SystemPart(pk=10**6, name="one"), SystemPart.objects.get()):
        with pytest.raises(transitions.TransitionRefused, match="is no worker that runs now"):
            transitions.drain(row, by=Actor.COMMAND)


def zones_of_tasks(name):
    tasks = DBTaskResult.objects.ready().filter(task_path__endswith=f".{name}")
    return [zone_of(task.queue_name) for task in tasks]


def set_zone(zone):
    AllowedTarget.objects.update_or_create(pattern="127.0.0.0/8", defaults={"zone": zone})
    return transitions.rezone()


@pytest.mark.parametrize(
    ("made", "task"), [(make.submitted, "set_up"), (make.started, "scan_url"), (make.ended, "verify")]
)
def test_what_waits_moves_to_the_new_zone_with_its_task(made, task):
    analysis = made(TARGET)
    assert zones_of_tasks(task) == [""]
    assert set_zone("office") == 1 and set_zone("office") == 0
    assert zones_of_tasks(task) == ["office"] and analysis.url_scans.get().zone == "office"
    entry = analysis.activity.get(action="url_scan.zone_changed")
    assert entry.data == {"before": "default", "zone": "office"}
    assert set_zone("") == 1 and zones_of_tasks(task) == [""]


def test_what_runs_stays_where_it_runs_and_goes_on_in_the_new_zone():
    scan = make.running(TARGET).url_scans.get()
    set_zone("office")
    scan = make.fresh(scan)
    assert scan.lease_holder and scan.zone == "office"
    transitions.leave(scan)
    assert "office" in zones_of_tasks("scan_url")


def test_what_has_ended_keeps_its_zone_and_is_verified_again_in_that_of_now():
    scan = make.published(TARGET).url_scans.get()
    assert set_zone("office") == 0
    transitions.verify_again(scan, by=Actor.COMMAND)
    assert zones_of_tasks("verify_again") == ["office"] and make.fresh(scan).zone == "office"


def test_a_draft_moves_without_an_entry_in_its_log():
    analysis = transitions.save(make.submission(TARGET), by=Actor.COMMAND)
    assert set_zone("office") == 1 and analysis.url_scans.get().zone == "office"
    assert not analysis.activity.filter(action="url_scan.zone_changed").exists()

"""URL scans whose zone has no worker hold no capacity that others could use."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.exports.data import analysis_data
from scans.maintenance import recount
from scans.management.commands.show import as_text
from scans.models import Actor, AllowedTarget, ScanSettings, SystemPart, UrlScan
from scans.models.system_part import ALIVE_FOR
from scans.statuses import UrlScanStatus as U
from scans.transitions.zones import KEEPS_SLOT_FOR
from scans.workers import scheduler
from tests import factories as make
from tests.rows import actions, statuses, tasks

pytestmark = pytest.mark.django_db
Kind = SystemPart.Kind
HERE, OFFICE = "http://127.0.0.1:9/", "http://10.0.0.1:9/"


@pytest.fixture(autouse=True)
def zones():
    """One zone beside the default one, whose worker runs; nobody serves the office."""
    AllowedTarget.objects.create(pattern="10.0.0.0/8", zone="office")
    SystemPart.report(Kind.SCANS_WORKER, "here", zones="default")


def a_worker(name="there", zones="office"):
    """A worker of the office reports."""
    SystemPart.report(Kind.SCANS_WORKER, name, zones=zones)


def is_gone(name="there"):
    """That worker has been silent for too long."""
    SystemPart.objects.filter(name=name).update(seen_at=F("seen_at") - ALIVE_FOR - timedelta(seconds=1))


def paused():
    """An analysis of the office that ran and is paused."""
    analysis = make.running(OFFICE)
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    transitions.confirm_pause(analysis.url_scans.get())
    return make.fresh(analysis)


def look():
    """What the scheduler does at a tick about zones and slots."""
    for job in (scheduler.look_after_zones, scheduler.admit_waiting):
        for piece in job():
            piece()


def test_a_scan_of_a_zone_without_a_worker_takes_no_slot_and_says_why():
    ScanSettings.objects.update(capacity=1)
    office = make.started(OFFICE)
    scan = office.url_scans.get()
    assert scan.status == U.QUEUED_WITH_WARNING and scan.unserved_since and not scan.slot_since
    assert str(scan.reason) == "No worker serves the zone “office”."
    assert office.waiting_since is None and list(recount.recount()) == []
    assert statuses(make.started(HERE)) == [U.QUEUED]  # nobody waits for that slot


def test_it_gets_a_slot_as_soon_as_a_worker_serves_the_zone():
    office = make.started(OFFICE)
    look()
    assert statuses(office) == [U.QUEUED_WITH_WARNING] and tasks("scan_url") == []
    a_worker()
    look()
    scan = office.url_scans.get()
    assert (scan.status, scan.unserved_since, tasks("scan_url")) == (U.QUEUED, None, [scan.pk])
    assert actions(office)[-1] == "url_scan.queued"


def test_it_waits_for_capacity_in_its_old_place_if_none_is_free_then():
    ScanSettings.objects.update(capacity=1)
    office, other = make.started(OFFICE), make.started(HERE)
    third = make.started(HERE)
    a_worker()
    look()
    assert str(office.url_scans.get().reason).startswith("The capacity is used up")
    ScanSettings.objects.update(capacity=2)
    look()
    assert [statuses(one) for one in (office, other, third)] == [[U.QUEUED], [U.QUEUED], [U.QUEUED_WITH_WARNING]]


def test_one_url_of_an_analysis_waits_for_its_zone_while_the_other_is_scanned():
    analysis = make.started(OFFICE, HERE)
    assert statuses(analysis) == [U.QUEUED_WITH_WARNING, U.QUEUED]
    assert UrlScan.objects.totals_by_analysis()[analysis.pk]["unserved"] == 1


def test_without_any_worker_all_are_queued_as_before():
    SystemPart.objects.all().delete()
    assert statuses(make.started(OFFICE)) == [U.QUEUED]


def test_what_waits_for_capacity_is_set_aside_when_its_zone_has_lost_its_worker_and_the_next_one_gets_the_slot():
    ScanSettings.objects.update(capacity=1)
    a_worker()
    running = make.started(HERE)
    office, other = make.started(OFFICE), make.started(HERE)
    is_gone()
    ScanSettings.objects.update(capacity=2)
    look()
    assert [statuses(one) for one in (running, office, other)] == [[U.QUEUED], [U.QUEUED_WITH_WARNING], [U.QUEUED]]
    scan = office.url_scans.get()
    assert scan.unserved_since and "office" in str(scan.reason) and actions(office)[-1] == "url_scan.unserved"
    assert make.fresh(office).waiting_since is None and list(recount.recount()) == []


@pytest.mark.parametrize("resuming", [False, True])
def test_a_slot_is_given_back_once_the_last_worker_of_its_zone_has_been_gone_for_a_while(clock, resuming):
    a_worker()
    office = paused() if resuming else make.started(OFFICE)
    if resuming:
        transitions.resume_analysis(office, by=Actor.COMMAND)
    before = statuses(office)
    is_gone()
    look()
    assert office.url_scans.get().slot_since and statuses(office) == before
    clock.shift(KEEPS_SLOT_FOR + timedelta(seconds=1))
    a_worker("here", "default")
    look()
    scan = office.url_scans.get()
    assert scan.slot_since is None and scan.unserved_since and actions(office)[-1] == "url_scan.unserved"
    assert scan.status == (U.RESUMING if resuming else U.QUEUED_WITH_WARNING)
    assert tasks("scan_url") == [] and transitions.take(scan.pk, "late", among=[U.QUEUED, U.RESUMING]) is None
    a_worker()
    look()
    scan.refresh_from_db()
    assert scan.slot_since and scan.unserved_since is None and scan.status == before[0]


def test_a_worker_that_is_started_again_costs_its_zone_no_slot(clock):
    a_worker()
    office = make.started(OFFICE)
    is_gone()
    look()
    a_worker("another")
    look()
    assert office.url_scans.get().unserved_since is None
    SystemPart.objects.filter(name="another").delete()
    clock.shift(KEEPS_SLOT_FOR + timedelta(seconds=1))
    a_worker("here", "default")
    look()
    assert statuses(office) == [U.QUEUED] and office.url_scans.get().slot_since


def test_a_paused_scan_of_such_a_zone_takes_no_slot_when_it_is_resumed():
    a_worker()
    office = paused()
    is_gone()
    transitions.resume_analysis(office, by=Actor.COMMAND)
    scan = office.url_scans.get()
    assert scan.status == U.RESUMING and not scan.slot_since and scan.unserved_since
    transitions.pause(scan, by=Actor.COMMAND)
    assert office.url_scans.get().unserved_since is None


def test_a_scan_whose_target_moves_to_another_zone_waits_for_the_workers_there():
    office = make.started(OFFICE)
    AllowedTarget.objects.all().delete()
    transitions.rezone()
    look()
    assert statuses(office) == [U.QUEUED]


def test_a_scan_that_moves_from_one_zone_without_a_worker_to_another_names_the_new_one():
    office = make.started(OFFICE)
    AllowedTarget.objects.update(zone="cellar")
    transitions.rezone()
    assert "capacity" in str(office.url_scans.get().reason)
    look()
    scan = office.url_scans.get()
    assert scan.unserved_since and str(scan.reason) == "No worker serves the zone “cellar”."


def test_filling_a_slot_costs_the_same_queries_however_many_wait_for_their_zone():
    ScanSettings.objects.update(capacity=1)
    make.started(HERE)
    counts = []
    for number in (1, 5):
        for _ in range(number):
            make.started(OFFICE)
        waiting = make.started(HERE)
        ScanSettings.objects.update(capacity=F("capacity") + 1)
        with CaptureQueriesContext(connection) as ran:
            assert transitions.admit_next()
        counts.append(len(ran))
        assert statuses(waiting) == [U.QUEUED]
    assert counts[0] == counts[1]


def test_show_and_exports_tell_the_zone_and_what_waits_for_it():
    office = make.started(OFFICE, HERE)
    data = analysis_data(office)
    zones = [(scan["zone"], bool(scan["unserved_since"])) for scan in data["url_scans"]]
    assert zones == [("office", True), ("default", False)]
    assert len(data["waits_for"]) == 1 and "“office”" in data["waits_for"][0]
    text = as_text(data)
    assert f"{OFFICE} (zone office): Queued with warning — No worker serves the zone “office”." in text
    assert f"Waits: {data['waits_for'][0]}" in text and f"{HERE}: Queued" in text


def test_the_list_marks_what_waits_for_its_zone(as_role):
    make.started(OFFICE)
    page = as_role("Viewer").get("/analyses/").content.decode()
    assert "data-unserved" in page and "Waits for a worker of the zone" in page
    a_worker()
    look()
    assert "data-unserved" not in as_role("Viewer").get("/analyses/").content.decode()

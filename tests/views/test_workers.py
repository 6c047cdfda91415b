"""The page of workers: for administrators, live, with buttons that drain and resume."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from scans.models import AllowedTarget, SecurityEvent, SystemPart
from scans.models.scheduler_lead import SchedulerLead
from scans.models.system_part import ALIVE_FOR
from tests import factories as make

pytestmark = pytest.mark.django_db
PAGE = "/settings/workers/"
Kind = SystemPart.Kind


@pytest.fixture
def browser(as_role):
    return as_role("Administrator", username="ada")


def report(name, kind=Kind.SCANS_WORKER, **columns):
    SystemPart.report(kind, name)
    SystemPart.objects.filter(name=name).update(**columns)
    return SystemPart.objects.get(name=name)


def run_task(name, worker):
    task = DBTaskResult.objects.ready().filter(task_path__endswith=f".{name}").latest("enqueued_at")
    task.claim(worker)


@pytest.mark.parametrize("role", ["", "Viewer", "Submitter", "Reviewer"])
def test_nobody_but_administrators_sees_it_drains_or_finds_a_link(as_role, role):
    part, browser = report("one"), as_role(role)
    assert reverse("scans:workers") == PAGE and browser.get(PAGE).status_code == 403
    for action in ("drain", "hand-over", "resume"):
        assert browser.post(f"{PAGE}{part.pk}/{action}/").status_code == 403
    part.refresh_from_db()
    assert not part.drain and PAGE not in browser.get("/settings/").text


def test_an_administrator_finds_it_in_the_menu(browser):
    assert f'href="{PAGE}"' in browser.get("/settings/").text
    assert "Nothing has reported within the last hour." in browser.get(PAGE).text


def test_it_tells_of_each_process_where_it_runs_which_versions_and_what_it_does(browser):
    scan = make.started("http://127.0.0.1:9/").url_scans.get()
    report("one", host="alpha", zones="default,office", version="0.5.0", engine="Wapiti 3.2.3", clock_ahead=41.96)
    report("lead", Kind.SCHEDULER, host="beta", version="0.5.0", clock_ahead=-7.0)
    report("other", Kind.SCHEDULER, host="beta", version="0.5.0", clock_ahead=0.0)
    SchedulerLead.take("lead")
    run_task("scan_url", "one")
    text = " ".join(browser.get(PAGE).text.split())
    for words in ("alpha", "default, office", "0.5.0", "Wapiti 3.2.3", "Clock 42.0 s ahead of the database’s: set it."):
        assert words in text, words
    assert "Clock 7.0 s behind" in text and text.count("Clock as the database’s") == 1
    assert text.count(">leads<") == 1 and text.count(">stands by<") == 1
    assert f'Scan: <a class="cell-url" href="{scan.get_absolute_url()}">{scan.url}</a>' in text
    assert "side by side" not in text


def test_two_versions_side_by_side_are_told(browser):
    report("one", version="0.5.0")
    report("older", version="")
    assert "Several versions run side by side: 0.5.0, ?." in browser.get(PAGE).text


def test_a_silent_process_is_told_and_later_forgotten(browser):
    report("one", seen_at=F("seen_at") - ALIVE_FOR)
    text = browser.get(PAGE).text
    assert "silent: it has ended" in text and "/drain/" not in text
    SystemPart.objects.update(seen_at=F("seen_at") - timedelta(hours=1))
    assert "Nothing has reported" in browser.get(PAGE).text


def test_a_zone_without_a_worker_is_told_here_and_in_the_banner(browser, as_role):
    AllowedTarget.objects.create(pattern="10.0.0.0/8", zone="office")
    for number, kind in enumerate(Kind):
        report(f"part {number}", kind)
    both = ("No worker of zone “office” runs", "No worker for checks of zone “office” runs")
    page, home = browser.get(PAGE), browser.get("/")
    for words in both:
        assert page.text.count(words) == 2 and words in home.text
        assert words not in as_role("Submitter").get("/").text
    SystemPart.objects.update(zones="default,office")
    assert "office” runs" not in browser.get("/").text


def test_drain_hand_over_and_resume(browser):
    part = report("one")
    for action, kept, words in (
        ("drain", "finish", "takes nothing new and finishes"),
        ("hand-over", "handover", "takes nothing new and hands over"),
        ("resume", "", "takes tasks again"),
    ):
        answer = browser.post(f"{PAGE}{part.pk}/{action}/")
        part.refresh_from_db()
        assert (answer.status_code, answer.headers["Location"], part.drain) == (303, PAGE, kept)
        assert words in browser.get(PAGE).text
    events = SecurityEvent.objects.filter(kind="worker", who="ada").order_by("pk")
    assert [event.event for event in events] == ["worker.drained", "worker.handed_over", "worker.resumed"]
    assert "Workers" in browser.get("/settings/security-log/?kind=worker").text


def test_a_scheduler_is_not_drained_and_what_is_gone_is_not_found(browser, htmx_headers):
    part = report("one", Kind.SCHEDULER)
    answer = browser.post(f"{PAGE}{part.pk}/drain/", headers=htmx_headers)
    assert answer.status_code == 409 and "one is no worker that runs now." in answer.text
    assert "/drain/" not in browser.get(PAGE).text
    assert browser.post(f"{PAGE}{part.pk + 1}/drain/").status_code == 404
    assert browser.get(f"{PAGE}{part.pk}/drain/").status_code == 405


def test_a_poll_gets_204_until_something_changes(browser, htmx_headers):
    part = report("one")
    version = browser.get(PAGE).context["version"]
    assert browser.get(f"{PAGE}?v={version}", headers=htmx_headers).status_code == 204
    SystemPart.objects.filter(pk=part.pk).update(drain="finish")
    answer = browser.get(f"{PAGE}?v={version}", headers=htmx_headers)
    assert answer.status_code == 200 and "<html" not in answer.text and 'data-drained="finish"' in answer.text


def test_it_costs_the_same_queries_however_many_workers_run(browser):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert browser.get(PAGE).status_code == 200
        return len(captured)

    make.started("http://127.0.0.1:9/")
    report("worker 0")
    run_task("scan_url", "worker 0")
    make.submitted("http://127.0.0.1:9/")
    run_task("set_up", "worker 0")
    few = queries()
    for number in range(1, 12):
        report(f"worker {number}")
    assert queries() == few


def test_it_is_german_for_a_german_reader(browser):
    report("one", version="1", clock_ahead=5.0)
    report("three", version="1", drain="finish")
    report("two", Kind.SCHEDULER, version="2")
    AllowedTarget.objects.create(pattern="10.0.0.0/8", zone="office")
    text = browser.get(PAGE, headers={"Accept-Language": "de"}).text
    for words in (
        "Letzte Meldung",
        "Außer Dienst",
        "Mehrere Versionen laufen nebeneinander",
        "geht der Uhr der Datenbank",
    ):
        assert words in text, words
    assert "Es läuft kein Worker der Zone „office“" in text


# --- The reason why something waits ---------------------------------------------------------------


def test_the_pages_of_what_waits_for_a_zone_say_so(as_role):
    AllowedTarget.objects.create(pattern="127.0.0.0/8", zone="office")
    browser, waiting = as_role("Viewer"), make.started("http://127.0.0.1:9/")
    report("here", Kind.SCANS_WORKER)
    words = "No worker of zone “office” runs: its targets are not scanned until one does."
    scan = waiting.url_scans.get()
    for address in (waiting.get_absolute_url(), scan.get_absolute_url()):
        assert words in browser.get(address).text
    assert "<dt>Zone</dt>" in browser.get(scan.get_absolute_url()).text
    SystemPart.objects.update(zones="office")
    for address in (waiting.get_absolute_url(), scan.get_absolute_url()):
        assert words not in browser.get(address).text

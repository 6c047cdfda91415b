"""The home page."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, BlackoutWindow, OpenFindings, RecurringSchedule, ScanSettings
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import EndedBy
from tests import factories
from tests.views.page import elements, text, values, version

pytestmark = pytest.mark.django_db


def card(response, name):
    """The text of one card."""
    return re.search(rf'id="home-{name}".*?</section>', text(response))[0]


def failed(**fields):
    """An analysis of which every URL failed its checks."""
    analysis = factories.submitted(**fields)
    transitions.fail_submission(analysis, reason="The disk is full.")
    return factories.fresh(analysis)


@pytest.mark.parametrize("role", ["Viewer", "Submitter", "Reviewer", "Administrator"])
def test_every_role_sees_it(as_role, role):
    assert as_role(role).get("/").status_code == 200


def test_it_needs_a_login_and_a_role(client, as_role):
    assert as_role("").get("/").status_code == 403
    client.logout()
    assert client.get("/")["Location"].startswith("/accounts/login/")


def test_an_empty_one_teaches_the_first_step(client):
    assert "Submit the first analysis" in text(client.get("/"))


@pytest.mark.parametrize("name", ["running", "attention", "review"])
def test_each_card_leads_to_its_view_of_the_list(client, name):
    factories.running()
    told = card(client.get("/"), name)
    address, title = (
        re.search(r'href="(/analyses/\?[^"]+)"', told)[1],
        re.search(r"<h2[^>]*>([A-Z][a-z ]+[a-z])", told)[1],
    )
    assert f'aria-current="page">{title}</a>' in text(client.get(address.replace("&amp;", "&")))


def test_what_runs_is_told_with_its_progress(client):
    analysis = factories.running(name="Shop")
    scan = analysis.url_scans.get()
    transitions.renew(scan, modules_done=3, modules_total=12)
    told = card(client.get("/"), "running")
    assert "Shop" in told and "3 of 12 modules" in told and "0 of 1 URLs ended" in told and "left: <time" in told


def test_what_waits_for_a_place_is_counted(client):
    ScanSettings.objects.update(capacity=1)
    factories.running()
    factories.started()
    assert "1 more analysis is queued" in card(client.get("/"), "running")


def test_what_failed_is_told_with_reason_and_next_step(client):
    failed(name="Broken")
    told = card(client.get("/"), "attention")
    assert "Broken" in told and "The disk is full." in told and "then submit again" in told


def test_nothing_needs_attention_where_nothing_failed(client):
    factories.published()
    assert "every failed analysis has been run again" in card(client.get("/"), "attention")


def test_what_was_run_again_needs_nobody_any_more(client):
    analysis = factories.ended(ended_by=EndedBy.TECHNICAL, number_of_findings=0, name="Flaky")
    assert "Flaky" in card(client.get("/"), "attention")
    transitions.run_again(analysis, by=Actor.COMMAND)
    assert "Flaky" not in card(client.get("/"), "attention")


def repeating(name="Weekly", **fields):
    """A schedule that repeats weekly, and its first run waiting."""
    recurrence = Recurrence(unit=Unit.WEEKLY)
    start = timezone.now() + timedelta(days=1)
    factories.scheduled(name=name, start_at=start, recurrence=recurrence, **fields)
    return RecurringSchedule.objects.get()


def test_a_schedule_that_was_switched_off_is_told_with_its_reason(client):
    schedule = repeating()
    transitions.switch_schedule_off(schedule.template, by=Actor.COMMAND, reason="Five runs failed.")
    told = card(client.get("/"), "attention")
    assert "Weekly" in told and "Five runs failed." in told and "switch the schedule on again" in told


def test_findings_under_verification_are_for_reviewers(client, as_role):
    factories.ended(name="Fresh", number_of_findings=2, publication="reviewer")
    hidden, shown = card(client.get("/"), "review"), card(as_role("Reviewer").get("/"), "review")
    assert "Fresh" in hidden and "2 high" not in hidden and "only reviewers see its findings" in hidden
    assert "2 high" in shown


def test_what_publishes_itself_waits_for_nobody(client):
    factories.ended(name="By itself")
    factories.ended(name="By a reviewer", publication="reviewer")
    told = card(client.get("/"), "review")
    assert "By a reviewer" in told and "By itself" not in told and re.search(r'<span class="hint">1</span>', told)
    listed = text(client.get("/analyses/?review=1"))
    assert "By a reviewer" in listed and "By itself" not in listed


def test_a_schedule_leads_to_a_run_that_is_there_and_ends_with_the_last(client):
    factories.published(name="Another")
    schedule = repeating("Nightly")
    first = schedule.template
    transitions.stop_analysis(first, "delete", by=Actor.COMMAND)
    second = transitions.run_again(first, by=Actor.COMMAND)
    transitions.delete(first, by=Actor.COMMAND)
    assert f'<a href="{second.get_absolute_url()}">Nightly</a>' in card(client.get("/"), "upcoming")
    transitions.stop_analysis(second, "delete", by=Actor.COMMAND)
    assert "recurring schedule is switched off" in text(client.get(f"{second.get_absolute_url()}delete/"))
    transitions.delete(second, by=Actor.COMMAND)
    page = client.get("/")
    assert "Nightly" not in card(page, "upcoming") and "Nightly" not in card(page, "attention")


def test_scheduled_and_recurring_starts_come_in_their_order(client):
    repeating()
    factories.scheduled(name="Once", start_at=timezone.now() + timedelta(days=3))
    told = card(client.get("/"), "upcoming")
    assert told.index("Weekly") < told.index("Once") < told.index("next run")


def test_a_start_is_told_as_it_will_be_after_blackout_windows(client):
    tomorrow = (timezone.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
    factories.scheduled(name="Held", start_at=tomorrow)
    BlackoutWindow.objects.create(window=f"{tomorrow:%Y-%m-%d}..{tomorrow:%Y-%m-%d}", time_zone="UTC")
    told = card(client.get("/"), "upcoming")
    assert f"{tomorrow + timedelta(days=1):%H}" and "00:00</span> <a" in told and "No scanning" in told


def test_the_trend_says_what_is_open_and_since_when(client):
    factories.published(number_of_findings=3)
    OpenFindings.count()
    OpenFindings.objects.create(day=timezone.now() - timedelta(days=5), complete=True, at=timezone.now(), high=6)
    page = client.get("/")
    told = card(page, "trend")
    assert "3 high" in told and "at most 6 open" in told and "Counted since" in told
    heights = [float(bar["height"]) for bar in elements(page, "y")]
    assert heights == [100.0, 50.0]
    assert told.count('<th scope="row">') == 2


def test_without_a_count_the_trend_says_so(client):
    factories.published()
    assert "Not counted yet" in card(client.get("/"), "trend")


def test_a_poll_is_answered_with_nothing_until_something_changes(client, htmx_headers):
    factories.running()
    seen = version(client.get("/"))
    assert client.get(f"/?v={seen}", headers=htmx_headers).status_code == 204
    failed(name="Broken")
    answer = client.get(f"/?v={seen}", headers=htmx_headers)
    assert answer.status_code == 200 and "<html" not in text(answer) and "Broken" in text(answer)


def test_it_asks_sooner_while_something_runs(client):
    factories.published()
    assert values(client.get("/"), "data-live") == ["15"]
    factories.running()
    assert values(client.get("/"), "data-live") == ["3"]


def test_its_queries_do_not_grow(client, django_assert_max_num_queries, htmx_headers):
    ScanSettings.objects.update(capacity=50)
    repeating()
    for number in range(9):
        factories.running(name=f"Runs {number}")
        failed(name=f"Broken {number}")
        factories.ended(name=f"Waits {number}", publication="reviewer")
        factories.scheduled(name=f"Starts {number}", start_at=timezone.now() + timedelta(days=2))
    OpenFindings.count()
    with django_assert_max_num_queries(19):
        page = client.get("/")
    assert len(values(page, "data-name")) == 18
    with django_assert_max_num_queries(8):
        assert client.get(f"/?v={version(page)}", headers=htmx_headers).status_code == 204


def test_four_numbers_lead_to_the_lists_that_they_count(client):
    factories.running()
    factories.scheduled(name="Failed")
    factories.published(name="Done")
    page = client.get("/")
    assert "In numbers" in text(page) and "Recently finished" in text(page) and "Done" in text(page)
    numbers = text(page).split('id="home-numbers"')[1].split("</ul>")[0]
    assert "<strong>1</strong> running" in numbers and "<strong>0</strong> to review" in numbers
    for address in re.findall(r'href="([^"]+)"', numbers):
        assert client.get(address.replace("&amp;", "&")).status_code == 200

"""What nobody types, and somebody sends: an answer that says what is wrong, and no more than one may see."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.forms import modelform_factory

from scans import transitions
from scans.models import BulkAction, ScanSettings
from scans.transitions import bulk
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db
FORM = {"name": "Shop", "urls": "http://127.0.0.1:9/", "authorised": "on"}


@pytest.mark.parametrize("page", ["edit/", "scans/{scan}/login/"])
def test_who_may_see_nothing_learns_no_name(as_role, page):
    running = factories.running(name="Secret target")
    deleted = factories.published(name="Secret target")
    transitions.delete(deleted, by=factories.user())
    nobody = as_role("")
    for analysis in (running, deleted):
        address = analysis.get_absolute_url() + page.format(scan=analysis.url_scans.get().pk)
        answer = nobody.get(address)
        assert answer.status_code == 403 and "Secret" not in text(answer)
    assert "Secret" not in text(nobody.get("/settings/"))


@pytest.mark.parametrize(
    "query",
    [
        {"started_to": "9999-12-31"},
        {"started_from": "0001-01-01"},
        {"page": "after~0~0001-01-01 00:00:00+14:00~5"},
        {"page": "after~0~9999-12-31 23:59:59-14:00~5"},
        {"order": "start", "page": "after~1~0001-01-01 00:00:00+14:00~5"},
        {"order": "duration", "page": "after~1~P999999999999D~5"},
        {"order": "-duration", "page": "after~1~999999999 00:00:00~5"},
    ],
)
def test_what_no_calendar_has_is_passed_over_with_a_notice(client, query):
    factories.published()
    answer = client.get("/analyses/?" + urlencode(query))
    assert answer.status_code == 200
    assert "There is no page" in text(answer) or "passed over" in text(answer)


def test_a_schedule_of_more_runs_than_anybody_lives_to_see_is_refused(client):
    query = {"repeat": "weekly", "ends_after": "9" * 20}
    assert "10000" in text(client.get("/analyses/new/starts/?" + urlencode(query)))
    assert client.post("/analyses/new/", {**FORM, **query}).status_code == 422


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000, "²", "-1"])
def test_a_finding_of_no_number_is_none(as_role, number):
    address = f"{factories.published().get_absolute_url()}findings/mark/"
    assert as_role("Reviewer").post(address, {"mark": "fixed", "finding": number}).status_code == 303


@pytest.mark.parametrize("address", ["/a\nb", "/a\r\nX: y"])
def test_an_address_of_two_lines_leads_to_our_own(client, address):
    analysis = factories.running()
    answer = client.post(f"{analysis.get_absolute_url()}pause/", {"next": address})
    assert (answer.status_code, answer["Location"]) == (303, analysis.get_absolute_url())


@pytest.mark.parametrize("shown", ["http://[", "http://[x]/"])
def test_htmx_on_a_page_of_no_address(client, htmx_headers, shown):
    analysis = factories.running()
    headers = {**htmx_headers, "HX-Current-URL": shown}
    assert client.get("/analyses/", headers=headers).status_code == 200
    assert client.post(f"{analysis.get_absolute_url()}pause/", headers=headers).status_code < 400
    assert client.post(f"{analysis.get_absolute_url()}pause/", headers=headers).status_code == 409


def test_a_form_that_is_sent_again_for_something_else_leads_to_what_it_made(client):
    form = {**FORM, "key": str(uuid4())}
    made = client.post("/analyses/new/", {**form, "then": "submit"})
    again = client.post("/analyses/new/", {**form, "then": "prescan"})
    assert again["Location"] == made["Location"]
    assert "is not possible" in text(client.get(again["Location"]))


def test_what_was_submitted_while_it_was_edited_says_so_beside_what_was_typed(client, monkeypatch):
    person = factories.user()
    analysis = transitions.save(factories.submission(name="Shop"), by=person)
    really = transitions.change

    def change(*arguments, **values):
        transitions.submit_again(analysis, by=person)  # a colleague, in the same moment
        return really(*arguments, **values)

    monkeypatch.setattr(transitions, "change", change)
    answer = client.post(
        f"{analysis.get_absolute_url()}edit/", {**FORM, "urls": "http://127.0.0.1:9/typed", "then": "save"}
    )
    assert answer.status_code == 422
    assert "is not possible" in text(answer) and "http://127.0.0.1:9/typed" in text(answer)


@pytest.mark.parametrize(
    ("field", "value"),
    [("pause_limit", value) for value in ("00:00:00", "-1 00:00:00", "1000000 00:00:00", "999999999 00:00:00")]
    + [("keep_runs_days", value) for value in ("0", "3651", "1000000")],
)
def test_settings_that_no_clock_can_count_are_refused(field, value):
    form = modelform_factory(ScanSettings, fields=[field])({field: value}, instance=ScanSettings.current())
    assert field in form.errors
    assert ScanSettings.current().pause_limit == timedelta(days=7)


def test_a_view_of_long_words_is_saved_on_every_database(client):
    words = "漢" * 250  # nine letters each in an address
    answer = client.post("/analyses/views/new/", {"name": "Long", "query": "?" + urlencode({"q": words})})
    assert answer.status_code == 303
    assert words in text(client.get(answer["Location"]))


def test_an_action_on_all_that_such_words_find_is_stored_with_its_query():
    query = "?" + urlencode({"q": "漢" * 250, "owner": "me"})
    action = bulk.ask("pause", [factories.running().pk], by=factories.user(), key=uuid4(), query=query)
    assert BulkAction.objects.get(pk=action.pk).query == query

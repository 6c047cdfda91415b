"""Ticking rows of the list and acting on them, as a browser without a script does it."""

from uuid import uuid4

import pytest

from scans.models import BulkAction
from scans.statuses import AnalysisStatus
from scans.transitions import bulk
from scans.views.bulk import QUESTIONS
from tests import factories
from tests.views.page import elements, text, values, version

pytestmark = pytest.mark.django_db
LIST = "/analyses/"


def question(client, name, *analyses, **data):
    return client.get(f"{LIST}bulk/{name}/", {"chosen": [analysis.pk for analysis in analyses], **data})


def answer(client, name, *analyses, **data):
    """Press a button of the question's form."""
    asked = question(client, name, *analyses, **data)
    fields = {}
    for field in elements(asked, "name"):
        if field.get("type") == "hidden" and field["name"] != "csrfmiddlewaretoken":
            fields.setdefault(field["name"], []).append(field["value"])
    return client.post(f"{LIST}bulk/{name}/", {**fields, **data})


def test_rows_can_be_ticked_by_who_may_act(client, as_role):
    analysis = factories.running()
    boxes = [box for box in elements(client.get(LIST), "name") if box["name"] == "chosen"]
    assert [(box["value"], box["form"]) for box in boxes] == [(str(analysis.pk), "bulk")]
    assert set(boxes[0]["data-allows"].split()) == {action.value for action in analysis.info.actions}
    viewer = as_role("Viewer").get(LIST)
    assert "chosen" not in values(viewer, "name") and "bulk" not in values(viewer, "id")


def test_every_action_has_a_button_that_asks(client):
    running = factories.running()
    offered = values(client.get(LIST), "formaction")
    for name in QUESTIONS:
        assert f"{LIST}bulk/{name}/" in offered
        assert question(client, name, running).status_code == 200


def test_stop_names_what_is_lost_and_offers_both_ways(as_role):
    client = as_role("Reviewer")
    analyses = [factories.running(), factories.published(number_of_findings=3)]
    factories.find(analyses[0].url_scans.get(), 2)
    response = question(client, "stop", *analyses)
    assert "Stop 2 analyses?" in text(response)
    assert "<strong>5 findings</strong>" in text(response)
    assert "Possible for 1 of 2 now" in text(response)
    assert {"stop_save", "stop_delete"} <= set(values(response, "value"))
    assert factories.fresh(analyses[0]).status == AnalysisStatus.IN_PROGRESS


def test_answer_leads_back_to_the_list_and_says_what_was_done(client):
    running, finished = factories.running(), factories.published()
    there = f"{LIST}?status=in_progress"
    response = answer(client, "stop", running, finished, verb="stop_save", reason="why not", next=there)
    assert (response.status_code, response["Location"]) == (303, there)
    shown = text(client.get(LIST))
    assert "Stop and save results: 1 done, 1 skipped (already finished)." in shown
    assert factories.fresh(running).status == AnalysisStatus.STOPPED_SAVING_RESULTS
    page = text(client.get(BulkAction.objects.get().get_absolute_url()))
    assert f"“Stop and save results” is not possible: {finished} is “Completed - Results Available”." in page.replace(
        "&quot;", '"'
    )
    assert "why not" in page


def test_all_that_match_are_more_than_the_page_shows(client):
    for number in range(3):
        factories.scheduled(name=f"Shop {number}")
    other = factories.scheduled(name="Other")
    answer(client, "stop", verb="stop_delete", all="1", query="?q=shop")
    assert BulkAction.objects.get().items.count() == 3
    assert BulkAction.objects.get().query == "?q=shop"
    assert factories.fresh(other).status == AnalysisStatus.SCHEDULED


def test_list_offers_all_that_match_where_the_page_is_not_all(client):
    client.post("/settings/", {"time_zone": "UTC", "theme": "auto", "page_size": "25"})
    for number in range(26):
        factories.submitted(name=f"Number {number}")
    shown = client.get(f"{LIST}?q=number")
    assert "all 26 matches" in text(shown) and "data-choose-all" in text(shown)
    assert "?q=number" in values(shown, "value")
    assert "data-choose-all" not in text(client.get(f"{LIST}?q=number+7"))


def test_sending_the_same_answer_twice_acts_once(client):
    finished, key = factories.published(), uuid4()
    for _ in range(2):
        client.post(f"{LIST}bulk/run-again/", {"chosen": finished.pk, "key": key, "verb": "run_again"})
    assert finished.series.runs.count() == 2


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["999999"], ["9" * 30]])
def test_nothing_chosen_is_said(client, chosen):
    response = client.get(f"{LIST}bulk/pause/", {"chosen": chosen})
    assert "No analysis is selected" in text(response)
    assert client.post(f"{LIST}bulk/pause/", {"chosen": chosen, "verb": "pause", "key": uuid4()}).status_code == 422
    assert not BulkAction.objects.exists()


def test_too_many_are_refused(client, monkeypatch):
    monkeypatch.setattr(bulk, "MAX_ANALYSES", 1)
    analyses = [factories.running(), factories.running()]
    assert "Too many analyses are selected" in text(question(client, "pause", *analyses))
    answer(client, "pause", *analyses, verb="pause")
    assert not BulkAction.objects.exists()


def test_a_question_takes_only_its_own_verbs(client):
    finished = factories.published()
    response = client.post(f"{LIST}bulk/pause/", {"chosen": finished.pk, "verb": "delete", "key": uuid4()})
    assert response.status_code == 422
    assert not factories.fresh(finished).deleted_at


def test_what_is_refused_stands_in_the_log_of_each_that_was_ticked(as_role):
    analyses = [factories.running(), factories.running()]
    answer = as_role("Viewer").post("/analyses/bulk/run-again/", {"chosen": [one.pk for one in analyses]})
    assert answer.status_code == 403
    for analysis in analyses:
        entry = analysis.activity.get(action="analysis.refused")
        assert entry.user and entry.data["asked"] == "run again" and "role Submitter" in str(entry.reason)


@pytest.mark.parametrize("role", ["", "Viewer"])
def test_who_may_not_is_told_so(as_role, role):
    running = factories.running()
    assert question(as_role(role), "stop", running).status_code == 403
    fields = {"chosen": running.pk, "verb": "stop_delete", "key": uuid4()}
    assert as_role(role).post(f"{LIST}bulk/stop/", fields).status_code == 403
    assert factories.fresh(running).status == AnalysisStatus.IN_PROGRESS


def test_many_lead_to_a_page_that_follows_them(client, htmx_headers, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    analyses = [factories.running() for _ in range(3)]
    page = answer(client, "pause", *analyses, verb="pause")["Location"]
    action = BulkAction.objects.get()
    assert page == action.get_absolute_url()
    shown = client.get(page)
    assert "0 of 3" in text(shown) and values(shown, "data-live") == ["1"]
    poll = {"v": version(shown)}
    assert client.get(page, poll, headers=htmx_headers).status_code == 204
    bulk.carry_out(action)
    # Session, account and two for permissions; the action, its counts, both lists; banners ask once.
    with django_assert_num_queries(7):
        after = client.get(page, poll, headers=htmx_headers)
    assert "Pause: 3 done" in text(after)
    assert not values(after, "data-live")


def test_htmx_gets_the_question_for_the_dialog(client, htmx_headers):
    running = factories.running()
    response = client.get(f"{LIST}bulk/pause/", {"chosen": running.pk}, headers=htmx_headers)
    assert "<html" not in text(response) and 'id="dialog-title"' in text(response)

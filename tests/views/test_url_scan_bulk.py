"""Ticking URLs of an analysis and acting on them, as a browser without a script does it."""

import pytest

from scans.models import ActivityLogEntry, ScanSettings
from scans.statuses import UrlScanStatus as U
from scans.views.url_scan_bulk import QUESTIONS
from tests import factories
from tests.views.page import elements, text, values

pytestmark = pytest.mark.django_db
FOUR = [f"http://127.0.0.1:9/{number}" for number in range(4)]


@pytest.fixture
def analysis():
    """Four URLs, all of them being scanned."""
    ScanSettings.objects.update(capacity=10)
    return factories.running(*FOUR)


def scans(analysis):
    return list(analysis.url_scans.order_by("position"))


def statuses(analysis):
    return [scan.status for scan in scans(analysis)]


def address(analysis, name):
    return f"{analysis.get_absolute_url()}scans/{name}/"


def question(client, analysis, name, chosen=(), **data):
    return client.get(address(analysis, name), {"chosen": [scan.pk for scan in chosen], **data})


def answer(client, analysis, name, chosen=(), **data):
    """Press a button of the question's form."""
    fields = {}
    for field in elements(question(client, analysis, name, chosen, **data), "name"):
        if field.get("type") == "hidden" and field["name"] != "csrfmiddlewaretoken":
            fields.setdefault(field["name"], []).append(field["value"])
    return client.post(address(analysis, name), fields | data)


def test_urls_can_be_ticked_by_who_may_act_where_there_are_several(client, as_role, analysis):
    page = client.get(analysis.get_absolute_url())
    boxes = [box for box in elements(page, "name") if box["name"] == "chosen"]
    assert [int(box["value"]) for box in boxes] == [scan.pk for scan in scans(analysis)]
    assert set(boxes[0]["data-allows"].split()) == {action.value for action in scans(analysis)[0].info.actions}
    assert {address(analysis, name) for name in QUESTIONS} <= set(values(page, "formaction"))
    viewer = as_role("Viewer").get(analysis.get_absolute_url())
    single = client.get(factories.running(FOUR[0], name="One").get_absolute_url())
    for other in (viewer, single):
        assert "chosen" not in values(other, "name") and "bulk" not in values(other, "id")


def test_only_the_chosen_are_paused_and_the_answer_leads_back(client, analysis):
    chosen, here = scans(analysis)[1:3], analysis.get_absolute_url()
    response = answer(client, analysis, "pause", chosen, verb="pause", reason="lunch", next=f"{here}?urls=active")
    assert (response.status_code, response["Location"]) == (303, f"{here}?urls=active")
    assert statuses(analysis) == [U.IN_PROGRESS, U.PAUSING, U.PAUSING, U.IN_PROGRESS]
    assert "Pause: 2 done." in text(client.get(here))
    paused = ActivityLogEntry.objects.filter(url_scan__in=chosen, to_status=U.PAUSING)
    assert [str(entry.reason) for entry in paused] == ["lunch", "lunch"] and paused[0].user is not None


def test_stop_names_what_is_lost_and_skips_what_has_ended(as_role, analysis):
    client = as_role("Reviewer")
    first, second, *_ = scans(analysis)
    factories.find(first, 3)
    asked = text(question(client, analysis, "stop", [first, second]))
    assert "Stop the scans of 2 URLs?" in asked and "<strong>3 findings</strong>" in asked
    answer(client, analysis, "stop", [first], verb="stop_delete")
    answer(client, analysis, "stop", [first, second], verb="stop_save")
    assert statuses(analysis)[:2] == [U.STOPPING_DELETING_RESULTS, U.STOPPING_SAVING_RESULTS]
    assert "1 done, 1 skipped" in text(client.get(analysis.get_absolute_url()))


def test_all_that_match_are_those_of_every_page_in_the_phase_that_is_shown(client, analysis):
    answer(client, analysis, "stop", scans(analysis)[:1], verb="stop_save")
    answer(client, analysis, "pause", all="1", urls="active", verb="pause")
    assert statuses(analysis).count(U.PAUSING) == 3


def test_urls_of_another_analysis_and_rubbish_are_passed_over(client, analysis):
    other = factories.running(FOUR[0], name="Other")
    client.post(address(analysis, "pause"), {"verb": "pause", "chosen": [scans(other)[0].pk, "x", "9" * 30]})
    assert statuses(other) == [U.IN_PROGRESS] and U.PAUSING not in statuses(analysis)


def test_nothing_chosen_and_a_verb_of_another_question_are_asked_again(client, analysis):
    nothing = client.post(address(analysis, "pause"), {"verb": "pause"})
    assert nothing.status_code == 422 and "No URL is selected" in text(nothing)
    wrong = client.post(address(analysis, "pause"), {"verb": "stop_delete", "chosen": [scans(analysis)[0].pk]})
    assert wrong.status_code == 422 and statuses(analysis)[0] == U.IN_PROGRESS


def test_htmx_gets_the_question_alone(client, htmx_headers, analysis):
    asked = client.get(address(analysis, "pause"), {"chosen": scans(analysis)[0].pk}, headers=htmx_headers)
    assert "<html" not in text(asked) and 'id="dialog-title"' in text(asked)


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_takes_the_role_submitter(as_role, analysis, name):
    viewer, data = as_role("Viewer"), {"verb": "pause", "chosen": scans(analysis)[0].pk}
    assert viewer.get(address(analysis, name), data).status_code == 403
    assert viewer.post(address(analysis, name), data).status_code == 403
    assert set(statuses(analysis)) == {U.IN_PROGRESS}


def test_the_number_of_queries_of_a_question_is_the_same_for_few_and_many(
    client, analysis, django_assert_max_num_queries
):
    for chosen in (scans(analysis)[:1], scans(analysis)):
        with django_assert_max_num_queries(6):
            question(client, analysis, "stop", chosen)

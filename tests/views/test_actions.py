"""The actions of the pages: with and without JavaScript, allowed and refused."""

from datetime import timedelta

import pytest

from scans import transitions
from scans.models import Actor, Analysis, ScanSettings
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import EndedBy
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db


def status(analysis) -> str:
    return Analysis.objects.get(pk=analysis.pk).status


def test_pause_leads_back_with_a_message(client):
    analysis = factories.running(name="Shop")
    response = client.post(f"/analyses/{analysis.pk}/pause/")
    assert (response.status_code, response["Location"]) == (303, analysis.get_absolute_url())
    assert "“Shop” is being paused" in text(client.get(response["Location"]))
    assert analysis.url_scans.get().status == "pausing"


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_actions_lead_back_to_our_own_pages_only(client, address):
    analysis = factories.running()
    response = client.post(f"/analyses/{analysis.pk}/pause/", {"next": address})
    assert response["Location"] == analysis.get_absolute_url()


def test_actions_lead_back_to_where_they_were_asked(client):
    analysis = factories.running()
    response = client.post(f"/analyses/{analysis.pk}/pause/", {"next": "/analyses/?status=in_progress"})
    assert response["Location"] == "/analyses/?status=in_progress"


@pytest.mark.parametrize(
    ("page", "region"), [("/analyses/{}/", "analysis-detail"), ("/analyses/?order=name", "analysis-list")]
)
def test_moved_state_answers_htmx_with_409_and_the_fresh_region(client, htmx_headers, page, region):
    analysis = factories.published(name="Shop")
    sent = {"next": page.format(analysis.pk)}
    response = client.post(f"/analyses/{analysis.pk}/pause/", sent, headers=htmx_headers)
    assert response.status_code == 409
    assert f'id="{region}"' in text(response)
    assert "“Pause” is not possible: Shop is “Completed - Results Available”" in text(response)
    assert f'name="next" value="{sent["next"]}"' in text(response)


def test_moved_state_is_said_on_the_page_without_javascript(client):
    analysis = factories.published()
    response = client.post(f"/analyses/{analysis.pk}/pause/")
    assert response.status_code == 303
    assert "is not possible" in text(client.get(response["Location"]))


def test_actions_do_nothing_on_get(client):
    analysis = factories.running()
    assert client.get(f"/analyses/{analysis.pk}/pause/").status_code == 405


@pytest.mark.parametrize("action", ["pause", "run-again", "submit-again", "resume", "verify-again"])
def test_viewer_may_not_act(as_role, action):
    analysis = factories.running()
    response = as_role("Viewer").post(f"/analyses/{analysis.pk}/{action}/")
    assert response.status_code == 403
    assert "needs the role Submitter" in text(response)


def test_only_reviewers_publish(as_role):
    analysis = factories.ended(publication="reviewer")
    factories.verify(analysis.url_scans.get())
    publish = f"/analyses/{analysis.pk}/publish/"
    assert "needs the role Reviewer" in text(as_role("Submitter").post(publish))
    as_role("Reviewer").post(publish)
    assert status(analysis) == "completed_results_available"


def test_resume_lets_a_paused_analysis_go_on(client):
    analysis = factories.running()
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    transitions.confirm_pause(analysis.url_scans.get())
    client.post(f"/analyses/{analysis.pk}/resume/")
    assert analysis.url_scans.get().status == "resuming"


def test_submit_again_sets_failed_urls_up_once_more(client):
    analysis = factories.submitted()
    transitions.fail_submission(analysis, reason="no engine")
    client.post(f"/analyses/{analysis.pk}/submit-again/")
    assert status(analysis) == "submitted"


def test_run_again_leads_to_the_new_run(client):
    first = factories.published()
    response = client.post(f"/analyses/{first.pk}/run-again/")
    second = Analysis.objects.latest("pk")
    assert (second.run, response["Location"]) == (2, second.get_absolute_url())


def test_stop_page_names_what_would_be_lost(as_role):
    analysis = factories.running()
    factories.find(analysis.url_scans.get(), 3)
    shown = text(as_role("Reviewer").get(f"/analyses/{analysis.pk}/stop/"))
    assert "<strong>3 findings</strong>" in shown
    assert "Stop and save results" in shown
    assert "Stop and delete results" in shown


def test_stop_dialog_is_the_same_form_alone(client, htmx_headers):
    analysis = factories.running()
    shown = text(client.get(f"/analyses/{analysis.pk}/stop/", headers=htmx_headers))
    assert "<html" not in shown
    assert f'action="/analyses/{analysis.pk}/stop/"' in shown


@pytest.mark.parametrize(
    ("mode", "expected"), [("save", "stopped_saving_results"), ("delete", "stopped_deleting_results")]
)
def test_stop_keeps_or_deletes_as_chosen_and_logs_the_reason(client, mode, expected):
    analysis = factories.running()
    client.post(f"/analyses/{analysis.pk}/stop/", {"mode": mode, "reason": "Wrong site"})
    assert status(analysis) == expected
    assert analysis.activity.filter(action="analysis.stopped", reason="Wrong site").exists()


def test_stop_without_a_choice_asks_again(client):
    analysis = factories.running()
    response = client.post(f"/analyses/{analysis.pk}/stop/", {"reason": "x"})
    assert response.status_code == 422
    assert "Choose one of the two" in text(response)
    assert status(analysis) == "in_progress"


def test_a_wrong_form_stays_in_its_dialog(client, htmx_headers):
    analysis = factories.running()
    for action, sent, says in (("stop", {}, "Choose one of the two"), ("extend", {"extra": "soon"}, "not a length")):
        response = client.post(f"/analyses/{analysis.pk}/{action}/", sent, headers=htmx_headers)
        assert (response.status_code, response["HX-Retarget"], response["HX-Reswap"]) == (422, "#dialog", "innerHTML")
        assert says in text(response) and "<html" not in text(response)


@pytest.mark.parametrize(("action", "sent"), [("stop", {"mode": "save"}), ("extend", {"extra": "30"}), ("delete", {})])
def test_moved_state_answers_a_dialog_with_409_and_the_fresh_page_behind(client, htmx_headers, action, sent):
    analysis = factories.running() if action == "delete" else factories.published()
    response = client.post(f"/analyses/{analysis.pk}/{action}/", sent, headers=htmx_headers)
    assert response.status_code == 409 and "HX-Retarget" not in response
    assert 'id="analysis-detail"' in text(response) and "is not possible" in text(response)


def test_viewer_may_not_even_be_asked(as_role):
    analysis = factories.running()
    viewer = as_role("Viewer")
    for action in ("stop", "delete"):
        for response in (
            viewer.get(f"/analyses/{analysis.pk}/{action}/"),
            viewer.post(f"/analyses/{analysis.pk}/{action}/"),
        ):
            assert response.status_code == 403
            assert "needs the role Submitter" in text(response)


def test_delete_asks_and_then_leads_to_the_list(client):
    analysis = factories.published(name="Shop")
    assert "Delete Shop?" in text(client.get(f"/analyses/{analysis.pk}/delete/"))
    response = client.post(f"/analyses/{analysis.pk}/delete/")
    assert response["Location"] == "/analyses/"
    assert "“Shop” was deleted" in text(client.get("/analyses/"))


def test_delete_leads_back_to_the_list_that_it_was_asked_from(client, htmx_headers):
    analysis = factories.published()
    sent, shown = {"next": "/analyses/?q=shop"}, {"HX-Current-URL": "http://testserver/analyses/?q=shop"}
    response = client.post(f"/analyses/{analysis.pk}/delete/", sent, headers=htmx_headers | shown)
    assert (response.status_code, response["Location"]) == (303, "/analyses/?q=shop")


def test_what_was_deleted_meanwhile_answers_409_on_the_list_or_leads_there(client, htmx_headers):
    analysis = factories.published(name="Shop")
    page = analysis.get_absolute_url()
    sent, shown = {"next": page}, {"HX-Current-URL": f"http://testserver{page}"}
    assert client.post(f"{page}delete/", sent, headers=htmx_headers | shown)["HX-Redirect"] == "/analyses/"
    for action in ("delete", "pause"):
        response = client.post(f"{page}{action}/", sent, headers=htmx_headers | shown)
        assert (response.status_code, response["HX-Redirect"]) == (409, "/analyses/")
    beside = client.post(f"{page}pause/", {"next": "/analyses/"}, headers=htmx_headers)
    assert (
        beside.status_code == 409 and 'id="analysis-list"' in text(beside) and "“Shop” was deleted on" in text(beside)
    )
    assert client.post(f"{page}pause/").status_code == 404


def test_one_url_can_be_paused_resumed_and_stopped(client):
    ScanSettings.objects.update(capacity=2)
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    scan = analysis.url_scans.first()
    client.post(f"{scan.get_absolute_url()}pause/")
    transitions.confirm_pause(scan)
    client.post(f"{scan.get_absolute_url()}resume/")
    assert factories.fresh(scan).status == "resuming"
    assert "Stop http://127.0.0.1:9/a?" in text(client.get(f"{scan.get_absolute_url()}stop/"))
    client.post(f"{scan.get_absolute_url()}stop/", {"mode": "delete"})
    assert factories.fresh(scan).status == "stopping_deleting_results"
    assert status(analysis) == "in_progress"


def test_url_scan_of_another_analysis_is_not_found(client):
    one, other = factories.running(), factories.submitted()
    assert client.post(f"/analyses/{other.pk}/scans/{one.url_scans.get().pk}/pause/").status_code == 404


def test_more_time_is_asked_for_and_given(client):
    analysis = factories.running(name="Shop", duration=timedelta(hours=1))
    assert "More time for Shop" in text(client.get(f"/analyses/{analysis.pk}/extend/"))
    for wrong in ("soon", "0", "25d"):
        assert client.post(f"/analyses/{analysis.pk}/extend/", {"extra": wrong}).status_code == 422
    client.post(f"/analyses/{analysis.pk}/extend/", {"extra": "30m", "reason": "large site"})
    assert factories.fresh(analysis).duration == timedelta(minutes=90)
    page = text(client.get(analysis.get_absolute_url()))
    assert "Extended the duration from 1 hour to 1 hour 30 minutes" in page and "large site" in page


def test_what_expired_is_continued_as_the_next_run(client):
    analysis = factories.published(ended_by=EndedBy.DURATION)
    assert "Continue" in text(client.get(analysis.get_absolute_url()))
    response = client.post(f"/analyses/{analysis.pk}/continue/")
    again = analysis.series.runs.get(run=2)
    assert response["Location"] == again.get_absolute_url()
    assert "Continues from" in text(client.get(response["Location"]))


def test_a_recurring_schedule_is_switched_off_and_on(client):
    analysis = factories.submitted(recurrence=Recurrence(unit=Unit.WEEKLY))
    page = f"/analyses/{analysis.pk}/"
    client.post(f"{page}schedule-off/")
    assert "Switched off: A user switched it off." in text(client.get(page))
    client.post(f"{page}schedule-on/")
    assert "Switched off:" not in text(client.get(page))


def test_who_may_not_change_a_configuration_or_act_on_several_urls_stands_in_the_log_too(as_role):
    analysis = factories.running()
    scan = analysis.url_scans.get()
    viewer = as_role("Viewer")
    here = analysis.get_absolute_url()
    for address in (f"{here}edit/", f"{scan.get_absolute_url()}login/", f"{here}scans/stop/"):
        assert viewer.get(address).status_code == viewer.post(address, {"chosen": scan.pk}).status_code == 403
    refused = analysis.activity.filter(action="analysis.refused").order_by("pk")
    assert [entry.data["asked"] for entry in refused] == ["change", "change access", "stop"]
    assert all("needs the role Submitter" in str(entry.reason) and entry.user for entry in refused)


def test_an_edit_that_comes_too_late_stands_in_the_log(client):
    analysis = factories.running()
    client.post(f"{analysis.get_absolute_url()}edit/", {"name": "Shop"})
    entry = analysis.activity.get(action="analysis.refused")
    assert entry.data["asked"] == "change" and "can no longer be edited" in str(entry.reason)


def test_a_refused_attempt_stands_in_the_log_with_who_and_why(client, as_role):
    analysis = factories.running()
    as_role("Viewer").post(f"/analyses/{analysis.pk}/pause/")
    client.post(f"/analyses/{analysis.pk}/resume/")
    not_permitted, not_possible = analysis.activity.filter(action="analysis.refused").order_by("pk")
    assert "needs the role Submitter" in str(not_permitted.reason) and not_permitted.data == {"asked": "pause"}
    assert "is not possible" in str(not_possible.reason)
    assert "Asked for “resume” and was refused" in text(client.get(analysis.get_absolute_url()))


def test_a_url_that_could_not_be_set_up_is_submitted_again_alone(client):
    analysis = factories.submitted("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    failed, other = analysis.url_scans.order_by("position")
    transitions.fail_set_up(failed, reason="key lost")
    assert "Submit again" in text(client.get(failed.get_absolute_url()))
    client.post(f"{failed.get_absolute_url()}submit-again/")
    assert factories.fresh(failed).status == factories.fresh(other).status == "submitted"

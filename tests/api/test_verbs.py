"""Verbs for programs: they call what the buttons of the pages call, and a refusal changes nothing."""

import pytest

from scans.models import ActivityLogEntry, Analysis, SecurityEvent
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db


def ask(client, analysis, verb, headers=None, **body):
    return client.post(
        f"/api/v1/analyses/{analysis.pk}/{verb}/", body, content_type="application/json", headers=headers or {}
    )


def test_an_analysis_is_paused_resumed_extended_and_stopped(program):
    analysis, client = factories.running(), program()
    assert ask(client, analysis, "pause").json()["version"] > analysis.version
    assert ask(client, factories.running(), "extend", extra="2h").status_code == 200
    stopped = ask(client, analysis, "stop", mode="delete", reason="the wrong site")
    assert stopped.status_code == 200 and stopped.json()["version"] > analysis.version


def test_the_log_names_token_and_user(program, as_role):
    analysis, client = factories.running(), program(name="nightly")
    ask(client, analysis, "pause")
    entry = ActivityLogEntry.objects.get(action="analysis.paused")
    assert (entry.user, entry.data["by_token"]) == (client.known.user, "nightly")
    page = as_role("Viewer").get(f"/analyses/{analysis.pk}/").content.decode()
    assert f"{client.known.user}, by token “nightly”" in page
    log = client.get(f"/api/v1/analyses/{analysis.pk}/activity/").json()["items"]
    assert "nightly" in {one["token"] for one in log}


def test_a_verb_that_is_not_possible_is_409_with_the_fresh_state_and_changes_nothing(program):
    analysis, client = factories.published(), program()
    response = ask(client, analysis, "pause")
    assert (response.status_code, response.json()["code"]) == (409, "not_possible")
    assert response.json()["state"]["version"] == analysis.version == factories.fresh(analysis).version
    entry = ActivityLogEntry.objects.get(action="analysis.refused")
    assert entry.data == {"asked": "pause", "by_token": "ci"}
    assert SecurityEvent.objects.get(event="refused.action").facts["by_token"] == "ci"


@pytest.mark.parametrize(
    ("role", "scopes", "code"), [("Viewer", ["control"], "role_missing"), ("Submitter", ["submit"], "scope_missing")]
)
def test_who_may_not_is_refused_in_both_logs(program, role, scopes, code):
    analysis = factories.running()
    response = ask(program(role, scopes), analysis, "pause")
    assert (response.status_code, response.json()["code"]) == (403, code)
    assert factories.fresh(analysis).version == analysis.version
    assert ActivityLogEntry.objects.get(action="analysis.refused").reason.code == code
    assert SecurityEvent.objects.filter(event="refused.action").count() == 1


def test_what_is_wrong_in_a_body_is_said_by_field(program):
    analysis, client = factories.running(), program()
    for verb, body, field in [
        ("stop", {"mode": "burn"}, "mode"),
        ("stop", {}, "mode"),
        ("extend", {"extra": "soon"}, "extra"),
        ("pause", {"reason": "x"}, "reason"),
        ("stop", {"mode": "save", "reason": {"a": 1}}, "reason"),
    ]:
        response = ask(client, analysis, verb, **body)
        assert response.status_code == 422 and response.json()["errors"][0]["field"] == field, (verb, body)
    assert factories.fresh(analysis).version == analysis.version


@pytest.mark.parametrize("body", ["{", "[]", "\xff", "[" * 100_000, '{"mode": NaN}', "1"])
def test_a_body_that_is_no_json_object_is_400(program, body):
    analysis = factories.running()
    data = body.encode("latin-1")
    response = program().post(f"/api/v1/analyses/{analysis.pk}/stop/", data, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "unreadable")


def test_a_run_is_made_once_for_a_key(program):
    analysis, client = factories.published(), program()
    first, again = (ask(client, analysis, "run-again", {"Idempotency-Key": "a"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] and first["Location"].endswith(f"/{first.json()['id']}/")
    assert ask(client, analysis, "run-again", {"Idempotency-Key": "b"}).json()["run"] == 3
    assert ask(program(), analysis, "run-again", {"Idempotency-Key": "a"}).json()["run"] == 4
    assert Analysis.objects.count() == 4


def test_an_expired_analysis_continues_as_a_new_run(program):
    analysis = factories.published(ended_by=EndedBy.DURATION)
    response = ask(program(), analysis, "continue")
    assert response.status_code == 201 and response.json()["continues"] == analysis.pk


def test_a_deleted_analysis_is_gone(program):
    analysis, client = factories.published(), program()
    assert ask(client, analysis, "delete").status_code == 204
    assert ask(client, analysis, "pause").status_code == 404


def test_a_url_scan_is_paused_and_stopped_alone(program):
    analysis = factories.running("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    scan, other = analysis.url_scans.order_by("position")
    client = program()
    assert ask(client, analysis, f"scans/{scan.pk}/pause").json()["id"] == scan.pk
    assert ask(client, analysis, f"scans/{scan.pk}/pause").status_code == 409
    assert ask(client, analysis, f"scans/{scan.pk}/stop", mode="save").status_code == 200
    assert factories.fresh(other).status == "in_progress"


def test_a_reviewer_publishes_and_marks(program):
    analysis, client = factories.ended(publication="reviewer"), program("Reviewer")
    finding = analysis.url_scans.get().findings.get()
    marked = ask(client, analysis, f"findings/{finding.pk}/mark", mark="false_positive", comment="a test page")
    assert (marked.json()["mark"], marked.json()["mark_comment"]) == ("false_positive", "a test page")
    assert ask(client, analysis, f"findings/{finding.pk}/mark", mark="odd").status_code == 422
    assert ask(program("Submitter"), analysis, "publish").status_code == 403


def test_a_finding_is_verified_again(program):
    analysis, client = factories.published(), program()
    finding = analysis.url_scans.get().findings.get()
    assert ask(client, analysis, f"findings/{finding.pk}/verify-again").status_code == 200
    finding.refresh_from_db()
    assert finding.verify_asked_at

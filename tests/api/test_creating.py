"""Creating and changing analyses: what the form takes, a program may send."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from scans.api.creating import form_of
from scans.forms.submission import SubmissionForm
from scans.models import Analysis, SecurityEvent

pytestmark = pytest.mark.django_db
LIST = "/api/v1/analyses/"
SHOP = {"name": "Shop", "urls": ["http://127.0.0.1:9/"], "authorised": True}


def create(client, headers=None, **body):
    return client.post(LIST, SHOP | body, content_type="application/json", headers=headers or {})


def test_an_analysis_is_submitted_as_the_form_would_with_what_it_shows(program):
    client = program()
    response = create(client)
    assert response.status_code == 201, response.content
    analysis = Analysis.objects.get()
    form = form_of(SHOP, {})
    assert form.is_valid() and analysis.depth == form.cleaned_data["depth"]
    assert (analysis.status, analysis.owner, response.json()["id"]) == ("submitted", client.known.user, analysis.pk)
    assert response["Location"].endswith(f"{LIST}{analysis.pk}/")


def test_every_field_of_the_form_is_taken(program):
    fields = set(SubmissionForm.base_fields) - {"key"}
    described = program().get("/api/v1/schema/").json()["paths"][LIST]["post"]["requestBody"]["content"]
    assert set(described["application/json"]["schema"]["properties"]) == fields | {"then"}


def test_an_analysis_is_saved_changed_and_submitted(program):
    client = program()
    made = create(client, then="save", depth=7).json()
    assert made["status"] == "saved_for_later"
    address = f"{LIST}{made['id']}/"
    changed = client.patch(address, {"depth": 5}, content_type="application/json")
    assert changed.status_code == 200, changed.content
    analysis = Analysis.objects.get()
    assert (analysis.depth, analysis.url_scans.get().url, analysis.name) == (5, "http://127.0.0.1:9/", "Shop")
    assert client.post(f"{address}submit/").json()["status"] == "submitted"
    refused = client.patch(address, {"depth": 9}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_editable")


def test_a_saved_analysis_is_checked_at_once_if_asked(program):
    assert create(program(), then="prescan").status_code == 201
    assert Analysis.objects.get().prescan_asked_at


def test_each_wrong_field_is_named_with_its_value_and_nothing_is_made(program):
    client = program()
    for body, field in [
        ({"name": "x"}, "name"),
        ({"urls": ["ftp://x/"]}, "urls"),
        ({"urls": ["http://not.allowed.example/"]}, "urls"),
        ({"authorised": False}, "authorised"),
        ({"depth": "deep"}, "depth"),
        ({"colour": "red"}, "colour"),
        ({"then": "burn"}, "then"),
        ({"name": {"a": 1}}, "name"),
    ]:
        response = create(client, **body)
        assert response.status_code == 422, (body, response.content)
        assert field in {error["field"] for error in response.json()["errors"]}, body
    assert not Analysis.objects.exists()


def test_no_answer_repeats_a_secret(program):
    sent = {
        "login_method": "basic",
        "login_username": "bob",
        "login_password": "hunter2!",
        "login_headers": "X: hunter2!",
    }
    assert b"hunter2!" not in create(program(), **sent).content
    made = create(program(), login_method="basic", login_username="bob", login_password="hunter2!")
    assert made.status_code == 201 and b"hunter2!" not in made.content


def test_a_form_with_files_is_taken_too(program):
    file = SimpleUploadedFile("urls.txt", b"http://127.0.0.1:9/a\nhttp://127.0.0.1:9/b\n")
    response = program().post(LIST, {"name": "Shop", "authorised": "true", "url_file": file})
    assert response.status_code == 201, response.content
    assert response.json()["urls"] == 2


def test_the_same_key_makes_one_analysis(program):
    client = program()
    first, again = (create(client, {"Idempotency-Key": "one"}) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 200, again.json()["id"])
    assert Analysis.objects.count() == 1
    assert create(client, {"Idempotency-Key": "x" * 201}).status_code == 400


@pytest.mark.parametrize(
    ("role", "scopes", "code"),
    [("Viewer", ["submit"], "submitter_needed"), ("Submitter", ["control"], "scope_missing")],
)
def test_who_may_not_create_is_refused_and_logged(program, role, scopes, code):
    response = create(program(role, scopes))
    assert (response.status_code, response.json()["code"]) == (403, code)
    assert SecurityEvent.objects.filter(event="refused.page").count() == 1 and not Analysis.objects.exists()

"""Errors for programs: one shape, whatever went wrong."""

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404

from scans.api import installation, problems
from scans.transitions import NotPermitted, TransitionRefused

MEMBERS = {"type", "title", "status", "code", "detail"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotPermitted("submitter_needed"), 403, "submitter_needed"),
        (TransitionRefused("still_replaying", analysis="x"), 409, "still_replaying"),
        (Http404("gone"), 404, "not_found"),
        (PermissionDenied("no"), 403, "not_permitted"),
        (problems.Problem(418, "teapot", "short"), 418, "teapot"),
    ],
)
def test_each_error_has_its_status_and_a_stable_code(error, status, code):
    body = problems.body_of(problems.of_exception(error))
    assert (body["status"], body["code"]) == (status, code) and body.keys() == MEMBERS


def test_a_fault_of_ours_is_no_problem_of_the_program():
    assert problems.of_exception(ValueError("x")) is None


@pytest.mark.django_db
def test_a_fault_of_ours_and_a_database_that_is_away_are_said_in_json(program, monkeypatch):
    client = program()
    client.raise_request_exception = False
    for error, status, code in (
        (ValueError("secret"), 500, "broken"),
        (OperationalError("secret"), 503, "unavailable"),
    ):

        def fail(request, error=error):
            raise error

        monkeypatch.setattr(installation, "me_data", fail)
        response = client.get("/api/v1/me/")
        assert (response.status_code, json.loads(response.content)["code"]) == (status, code)
        assert b"secret" not in response.content


@pytest.mark.django_db
def test_addresses_and_methods_that_are_none_are_said_in_json(program):
    client = program()
    for address in ("/api/v1/nothing/", "/api/v1/analyses", "/api/v1/analyses/x/", f"/api/v1/analyses/{10**30}/"):
        response = client.get(address)
        assert (response.status_code, response.json()["code"]) == (404, "not_found"), address
    response = client.post("/api/v1/me/")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert client.get("/api/v1/me/", headers={"Accept": "text/csv"}).json()["code"] == "not_acceptable"

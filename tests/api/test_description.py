"""The description in OpenAPI, and what it says of every operation: who may, and an example that works."""

import json
import shlex
from functools import partial

import pytest
from django.db import transaction
from django.test import Client

from scans import transitions
from scans.api import rates
from scans.api.description import ROLES
from scans.api.reference import described
from scans.models import Actor, Scope
from scans.schedule.recurrence import Recurrence, Unit
from scans.statuses import EndedBy
from tests import factories

pytestmark = pytest.mark.django_db
DESCRIBED = described()
OPERATIONS = {
    one["operationId"]: (method.upper(), path, one)
    for path, methods in DESCRIBED["paths"].items()
    for method, one in methods.items()
}
PERMISSIONS = {role: permission for permission, role in ROLES.items()}


def ask(client: Client, method: str, address: str, body=None):
    """The answer; whatever it changed is taken back."""
    with transaction.atomic():
        response = client.generic(method, address, json.dumps(body or {}), content_type="application/json")
        transaction.set_rollback(True)
    return response


def test_the_description_is_openapi_3_1_with_a_token():
    assert DESCRIBED["openapi"] == "3.1.0"
    assert DESCRIBED["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert all(one["security"] == [{"token": []}] for _method, _path, one in OPERATIONS.values())


def test_every_operation_is_described(asked_about):
    for name, (_method, path, one) in OPERATIONS.items():
        assert one["summary"] and one["tags"] and "curl" in one["description"], name
        assert path.startswith("/api/v1/") and set(one["responses"]) >= {"4XX"}, name
        assert all(each.get("description") for each in one.get("parameters", ()) if each["in"] == "query"), name


@pytest.mark.parametrize("role", ["", "Viewer", "Submitter", "Reviewer", "Administrator"])
def test_each_operation_is_for_its_role_and_scope_alone(role, program, asked_about):
    for scope in Scope:
        client = program(role, [scope])
        for name, (method, path, one) in OPERATIONS.items():
            rates.forget()
            response = ask(client, method, path.format(**asked_about))
            may = client.known.user.has_perm(PERMISSIONS[one["x-role"]]) and one["x-scope"] == scope
            assert (response.status_code != 403) == may, (name, role, scope, response.content)
            assert response.status_code < 500


def saved():
    """An analysis that was saved for later."""
    return transitions.save(factories.submission(), by=Actor.COMMAND)


def paused():
    """An analysis that was paused before an engine ran."""
    analysis = factories.started()
    transitions.pause_analysis(analysis, by=Actor.COMMAND)
    return analysis


def repeating(off: bool = False):
    """An analysis with a recurring schedule, switched off or on."""
    analysis = factories.submitted(recurrence=Recurrence(unit=Unit.WEEKLY))
    if off:
        transitions.switch_schedule_off(analysis, by=Actor.COMMAND)
    return analysis


# An analysis on which the operation is possible, where a published one is not.
POSSIBLE_ON = {
    **dict.fromkeys(["analyses_submit", "analyses_prescan", "analyses_change"], saved),
    **dict.fromkeys(["analyses_pause", "analyses_stop", "analyses_extend"], factories.running),
    **dict.fromkeys(["url_scans_pause", "url_scans_stop"], factories.running),
    **dict.fromkeys(["analyses_resume", "url_scans_resume"], paused),
    "analyses_continue": partial(factories.published, ended_by=EndedBy.DURATION),
    "analyses_schedule_off": repeating,
    "analyses_schedule_on": partial(repeating, off=True),
}
BY_THEIR_OWN_TESTS = {"url_scans_submit", "analyses_publish"}  # take a failed set-up, and a verification


def numbers_for(name: str) -> dict[str, int]:
    """The numbers in the address of the operation, if the usual ones do not fit."""
    if name not in POSSIBLE_ON:
        return {}
    analysis = POSSIBLE_ON[name]()
    return {"analysis": analysis.pk, "scan": analysis.url_scans.get().pk}


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - BY_THEIR_OWN_TESTS))
def test_the_example_of_each_operation_works(name, program, asked_about):
    method, path, one = OPERATIONS[name]
    line = one["description"].rpartition("\n\n")[2].strip()
    words = shlex.split(line)
    address = words[-1].replace("$SERVER", "").format(**asked_about | numbers_for(name))
    assert words[:3] == ["curl", "-H", "Authorization: Bearer $TOKEN"]
    body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
    response = ask(program("Administrator"), method, address, body)
    assert response.status_code < 300, response.content

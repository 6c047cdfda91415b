"""The description in OpenAPI, and what it says of every operation: who may, and an example that works."""

import json
import shlex

import pytest
from django.db import transaction
from django.test import Client

from scans.api import rates
from scans.api.description import ROLES
from scans.api.reference import described
from scans.models import Scope

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


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_example_of_each_operation_works(name, program, asked_about):
    method, path, one = OPERATIONS[name]
    line = one["description"].rpartition("\n\n")[2].strip()
    words = shlex.split(line.replace("$SERVER", "").replace("{", "{{").replace("}", "}}") if "-d" in line else line)
    address = words[-1].replace("$SERVER", "")
    for which, number in asked_about.items():
        address = address.replace(f"{{{which}}}", str(number))
    assert words[:3] == ["curl", "-H", "Authorization: Bearer $TOKEN"]
    response = ask(program("Administrator"), method, address)
    assert response.status_code < 300, response.content

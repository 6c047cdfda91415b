"""Answers have the shape that the description says: no member is missing, and none is told nowhere."""

import jsonschema
import pytest

from scans.api.reference import described

pytestmark = pytest.mark.django_db
READ = {
    methods["get"]["operationId"]: (path, methods["get"])
    for path, methods in described()["paths"].items()
    if "get" in methods
}


def strictly(schema: dict) -> dict:
    """The schemas, each of which allows the members that it names and no other."""
    return {
        name: each | ({"additionalProperties": False} if "properties" in each else {}) for name, each in schema.items()
    }


@pytest.mark.parametrize("name", READ)
def test_an_answer_has_the_described_shape(name, program, asked_about):
    path, operation = READ[name]
    shape = operation["responses"]["200"]["content"]["application/json"]["schema"]
    whole = shape | {"components": {"schemas": strictly(described()["components"]["schemas"])}}
    answer = program("Reviewer").get(path.format(**asked_about))
    jsonschema.Draft202012Validator(whole).validate(answer.json())


def test_a_problem_has_the_described_shape(program):
    whole = described()["components"]["schemas"]["Problem"]
    components = {"components": {"schemas": strictly(described()["components"]["schemas"])}}
    for address in ("/api/v1/analyses/?colour=red", "/api/v1/nothing/"):
        jsonschema.Draft202012Validator(whole | components).validate(program().get(address).json())

"""The description of the API in OpenAPI 3.1, made from the operations themselves."""

import json
from collections.abc import Iterable

from django.forms import BooleanField, Field, Form, IntegerField, MultipleChoiceField
from django_filters import ChoiceFilter, FilterSet
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from scans.api.base import MOST_ROWS, USUAL_ROWS
from scans.api.problems import CONTENT_TYPE
from scans.api.shapes import ProblemShape

ROLES = {
    "scans.view_analysis": "Viewer",
    "scans.submit_analysis": "Submitter",
    "scans.review_analysis": "Reviewer",
    "scans.change_scansettings": "Administrator",
}
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": USUAL_ROWS},
    description="How many rows a page has.",
)
CURSOR = OpenApiParameter("cursor", str, description="Where the page begins: `next` of the page before.")
ROW_CURSOR = OpenApiParameter(
    "cursor",
    {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    description="Where the page begins: `next` of the page before.",
)


KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Up to 200 characters of your own: sent twice, the second answer (200) has what the first made (201).",
)


def schema_of(form: type[Form], required: list[str], more: dict[str, dict]) -> dict:
    """The body that holds the fields of a form of the pages."""
    properties = {name: _field(name, field) for name, field in form.base_fields.items() if name != "key"}
    return {"type": "object", "properties": properties | more, "required": required, "additionalProperties": False}


def _field(name: str, field: Field) -> dict:
    schema = {"description": str(field.help_text or field.label or name)}
    if isinstance(field, BooleanField):
        return schema | {"type": "boolean"}
    if isinstance(field, MultipleChoiceField):
        return schema | {"type": "array", "items": {"type": ["string", "integer"]}}
    if name == "urls":
        return schema | {"type": ["array", "string"], "items": {"type": "string"}}
    return schema | {"type": ["string", "integer"] if isinstance(field, IntegerField) else "string"}


def filters_of(filterset: type[FilterSet], without: Iterable[str] = ()) -> list[OpenApiParameter]:
    """The parameters of a FilterSet of the pages."""
    return [
        OpenApiParameter(name, str, description=str(one.label or name), enum=_codes(one))
        for name, one in filterset.base_filters.items()
        if name not in without
    ]


def _codes(one) -> list[str] | None:
    choices = one.extra.get("choices") if isinstance(one, ChoiceFilter) else None
    if not choices:
        return None
    pairs = choices() if callable(choices) else choices
    return [str(code) for code, _label in pairs]


class Description(AutoSchema):
    """One operation, as its decorator describes it."""

    @property
    def _operation(self):
        return getattr(self.view, self.method.lower())

    @property
    def _told(self) -> dict:
        return self._operation.described

    def is_excluded(self) -> bool:
        """Leave out what is no operation."""
        return not hasattr(self._operation, "described")

    def get_operation_id(self) -> str:
        return self._told["name"]

    def get_summary(self) -> str:
        return self._told["summary"]

    def get_tags(self) -> list[str]:
        return [self._told["tag"]]

    def get_description(self) -> str:
        """The text: its effect, the scope and role that it takes, and an example that a test runs."""
        texts = [self._told.get("text", ""), f"Takes the scope `{self._operation.scope}` and the role {self._role}."]
        return "\n\n".join(filter(None, [*texts, f"    {self.example}"]))

    @property
    def example(self) -> str:
        """The command that calls it."""
        parts = ['curl -H "Authorization: Bearer $TOKEN"']
        if self.method != "GET":
            parts.append(f"-X {self.method}")
        if (body := self._told.get("example")) is not None:
            parts.append(f"-H 'Content-Type: application/json' -d '{json.dumps(body)}'")
        parts.append(f'"$SERVER{self.path}{self._told.get("query", "")}"')
        return " ".join(parts)

    @property
    def _role(self) -> str:
        return ROLES[self._operation.permission or self._told.get("role") or "scans.view_analysis"]

    def get_extensions(self) -> dict:
        """For programs that ask what a token needs."""
        return {"x-scope": str(self._operation.scope), "x-role": self._role}

    def get_auth(self) -> list[dict]:
        return [{"token": []}]

    def get_override_parameters(self) -> list:
        return list(self._told.get("query_parameters", ()))

    def get_request_serializer(self):
        return self._told.get("body")

    def get_examples(self) -> list:
        body = self._told.get("example")
        return [] if body is None else [OpenApiExample(self._told["summary"], value=body, request_only=True)]

    def get_response_serializers(self) -> dict:
        """The answer of success, and the one problem that all errors are."""
        status, answer = self._told.get("status", 200), self._told["answer"]
        done = {(str(status), "application/json"): OpenApiResponse(answer, description="Done.")}
        if status == 201:
            done["200", "application/json"] = OpenApiResponse(answer, description="Done before, with the same key.")
        return {
            **done,
            ("4XX", CONTENT_TYPE): OpenApiResponse(ProblemShape, description="Not done: a problem of RFC 9457."),
        }

    def get_operation(self, *args):
        """As drf-spectacular makes it; a read operation may also answer that nothing changed."""
        made = super().get_operation(*args)
        if made and self.method == "GET":
            made["responses"]["304"] = {"description": "Not changed since the version in If-None-Match."}
        return made

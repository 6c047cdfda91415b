"""The description of the API: as a file in OpenAPI 3.1 for programs, and as a page for people."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.generic import View
from drf_spectacular.generators import SchemaGenerator
from rest_framework.exceptions import NotFound

from scans.api.authentication import SessionAuthentication, TokenAuthentication
from scans.api.base import ApiView
from scans.views.access import ViewerRequired


@cache
def described() -> dict:
    """The description in OpenAPI 3.1, in English as the data. Made once by each process."""
    with translation.override(settings.LANGUAGE_CODE):
        return SchemaGenerator().get_schema(request=None, public=True)


class SchemaView(ApiView):
    """The description as JSON. A login in the browser opens it too."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]

    def get(self, request):
        return self.answer(described)


class ReferenceView(ViewerRequired, View):
    """The description as a page: every operation with its parameters and an example."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "scans/api/reference.html", {"groups": groups()})


def groups() -> list[tuple[str, list[dict]]]:
    """The operations by subject, in the order of their addresses."""
    found: dict[str, list[dict]] = {}
    for path, methods in described()["paths"].items():
        for method, one in methods.items():
            found.setdefault(one["tags"][0], []).append({"method": method.upper(), "path": path, **_shown(one)})
    return list(found.items())


def _shown(operation: dict) -> dict:
    text, _, example = operation["description"].rpartition("\n\n")
    parameters = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    return {
        "id": operation["operationId"],
        "summary": operation["summary"],
        "text": text,
        "example": example.strip(),
        "parameters": parameters,
    }


class NoSuchAddressView(ApiView):
    """Everything else below the API's address."""

    def get(self, request, **kwargs):
        raise NotFound("There is no such address. Each one ends with a slash; /api/v1/ lists them.")

    post = patch = delete = get

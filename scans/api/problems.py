"""Errors as RFC 9457 words them: status, a stable code, a sentence, and each wrong value with its rule."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from scans.exports.streams import json_text
from scans.transitions import NotPermitted, TransitionRefused

CONTENT_TYPE = "application/problem+json"
_CODES = {
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.ParseError: "unreadable",
    exceptions.NotAuthenticated: "token_missing",
    exceptions.Throttled: "too_many_requests",
}


class Problem(exceptions.APIException):
    """An answer that is an error. `more` are further members of the answer, such as `errors` or `state`."""

    def __init__(self, status: int, code: str, detail: str, **more):
        super().__init__(detail, code)
        self.status_code, self.stable_code, self.more = status, code, more
        self.headers = more.pop("headers", {})


def wrong_values(status: int, errors: list[dict]) -> Problem:
    """The problem of values that a rule refuses: each has `field`, `value`, `code` and `message`."""
    fields = ", ".join(sorted({error["field"] or "all" for error in errors}))
    return Problem(status, "invalid", f"These values are not valid: {fields}.", errors=errors)


def of_exception(error: Exception) -> Problem | None:
    """The problem that an exception stands for; None for one that is a fault of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, NotPermitted):
        return Problem(403, error.why.code, str(error))
    if isinstance(error, TransitionRefused):
        return Problem(409, error.why.code, str(error))
    if isinstance(error, Http404):
        return Problem(404, "not_found", str(error) if type(error) is not Http404 else "There is no such thing.")
    if isinstance(error, PermissionDenied):
        return Problem(403, "not_permitted", str(error) or "You may not do this.")
    if isinstance(error, RequestDataTooBig):
        return Problem(413, "too_large", "The body is too large.")
    if isinstance(error, exceptions.APIException):
        code = _CODES.get(type(error), "error")
        return Problem(error.status_code, code, str(error.detail), headers=_headers_of(error))
    return None


def handle(error: Exception, context: dict) -> Response | None:
    """The answer to an exception, as Django REST framework asks for it; None for a fault of ours."""
    problem = of_exception(error)
    if problem is None:
        return None
    return Response(body_of(problem), problem.status_code, content_type=CONTENT_TYPE, headers=problem.headers)


def body_of(problem: Problem) -> dict:
    """The problem as plain data."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "code": problem.stable_code,
        "detail": str(problem.detail),
        **problem.more,
    }


def plain_answer(status: int, code: str, detail: str) -> HttpResponse:
    """The same as an answer of Django's, where no view of the API is at work."""
    body = json_text(body_of(Problem(status, code, detail)))
    return HttpResponse(body, status=status, content_type=CONTENT_TYPE)


def is_asked(request: HttpRequest) -> bool:
    """Whether a program asks the API, which reads no page."""
    return request.path.startswith("/api/")


def _headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None) is not None:
        headers["Retry-After"] = str(int(error.wait) + 1)
    return headers

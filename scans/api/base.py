"""The base of all operations: who may call them, how they read what a program sends, and how they answer."""

import json
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.http import parse_etags
from rest_framework.exceptions import NotAuthenticated, ParseError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from scans.activity import note
from scans.api.authentication import TokenAuthentication
from scans.api.problems import Problem, handle, wrong_values
from scans.api.rates import PerToken
from scans.exports.streams import json_text
from scans.models import PersonSettings, Scope
from scans.transitions import NotPermitted

MOST_ROWS, USUAL_ROWS = 200, 50


class Json(JSONRenderer):
    """JSON that every reader accepts, whatever texts of a site it holds."""

    def render(self, data: Any, accepted_media_type=None, renderer_context=None) -> bytes:
        """The data as JSON in ASCII; nothing for an answer without a body."""
        return b"" if data is None else json_text(data).encode()


class JsonBody(JSONParser):
    """A JSON object, within the size that a request may have."""

    def parse(self, stream, media_type=None, parser_context=None) -> dict:
        """The object. Raises Problem for a larger body, and ParseError for what is no JSON object in UTF-8."""
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        text = stream.read(most + 1)
        if len(text) > most:
            raise Problem(413, "too_large", f"The body is too large: at most {most} bytes are read.")
        try:
            found = json.loads(text.decode() or "{}", parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is no JSON in UTF-8.") from error
        if not isinstance(found, dict):
            raise ParseError("The body is no JSON object.")
        return found


def _no_number(text: str):
    raise ValueError(text)


@method_decorator(login_not_required, name="dispatch")
class ApiView(APIView):
    """One address of the API. Each of its methods is decorated as an `operation`, which says the scope it takes."""

    authentication_classes = [TokenAuthentication]
    permission_classes = []
    throttle_classes = [PerToken]
    renderer_classes = [Json]
    parser_classes = [JsonBody, MultiPartParser]

    def dispatch(self, request, *args, **kwargs) -> HttpResponse:
        """Answer in English, as all data for programs; days and times of day are those of the person's time zone."""
        with translation.override(settings.LANGUAGE_CODE), timezone.override(timezone.get_default_timezone()):
            response = super().dispatch(request, *args, **kwargs)
            if rate := getattr(request, "rate", None):
                for name, value in rate.headers.items():
                    response[name] = value
            return response.render() if hasattr(response, "render") else response

    def get_exception_handler(self) -> Callable:
        return handle

    def initial(self, request, *args, **kwargs) -> None:
        """Check everything that comes before the operation itself."""
        self.format_kwarg = None
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        if not request.user.is_authenticated:
            raise NotAuthenticated("Send a token: “Authorization: Bearer …”. Your settings make one.")
        self.check_throttles(request)
        timezone.activate(PersonSettings.of(request.user).zone)
        method = getattr(self, request.method.lower(), None)
        if method is not None and hasattr(method, "scope"):
            self.require(method)
            self.refuse_unknown(method)

    def require(self, method: Callable) -> None:
        """Raise Problem for a token without the scope, PermissionDenied for a person without the role."""
        if not self.request.user.has_perm("scans.view_analysis"):
            raise PermissionDenied("The account has no role yet. An administrator gives roles.")
        if self.request.auth is not None and method.scope not in self.request.auth.scopes:
            refusal = NotPermitted("scope_missing", by=self.request.user, scope=str(method.scope))
            self.refused_by_scope(method, refusal)
            raise Problem(403, "scope_missing", str(refusal), scope=str(method.scope))
        if method.permission and not self.request.user.has_perm(method.permission):
            note("refused.page", request=self.request._request, method=self.request.method, path=self.request.path)
            raise NotPermitted("submitter_needed")

    def refused_by_scope(self, method: Callable, why: NotPermitted) -> None:
        """Note the attempt, if it was one to change something."""
        if self.request.method not in ("GET", "HEAD"):
            note("refused.page", request=self.request._request, method=self.request.method, path=self.request.path)

    def refuse_unknown(self, method: Callable) -> None:
        """Raise Problem for a parameter that the operation does not know: it may be a misspelt filter."""
        if unknown := sorted(set(self.request.query_params) - method.parameters):
            text = "There is no such parameter here."
            raise wrong_values(400, [error(name, self.request.query_params[name], "unknown", text) for name in unknown])

    def limit(self) -> int:
        """How many rows the page may have. Raises Problem for anything but 1 to MOST_ROWS."""
        text = self.request.query_params.get("limit", str(USUAL_ROWS))
        if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST_ROWS:
            return int(text)
        raise wrong_values(400, [error("limit", text, "range", f"A number from 1 to {MOST_ROWS}.")])

    def number(self, name: str) -> int | None:
        """The row number in a parameter; None without it. Raises Problem for anything else."""
        text = self.request.query_params.get(name)
        if text is None or (text.isascii() and text.isdigit() and len(text) < 19):
            return text and int(text)
        raise wrong_values(400, [error(name, text, "cursor", "No page begins there: take `next` of another page.")])

    def choice(self, name: str, choices: Iterable[str]) -> str | None:
        """The value of a parameter; None without it. Raises Problem for one that is none of these."""
        text = self.request.query_params.get(name)
        if text is None or text in choices:
            return text
        raise wrong_values(400, [error(name, text, "invalid_choice", f"One of: {', '.join(choices)}.")])

    def filtered(self, filterset):
        """The rows that the filters leave. Raises Problem with each value that is not valid."""
        if filterset.is_valid():
            return filterset.qs
        given = filterset.data
        raise wrong_values(
            400,
            [
                error(name, given.get(name), each.code or "invalid", str(each.message % (each.params or {})))
                for name, errors in filterset.errors.as_data().items()
                for each in errors
            ],
        )

    def answer(self, make: Callable[[], Any], *version: Any) -> Response:
        """200 with what `make` returns, or 304 if the program has this version already.

        `version` is everything that the answer depends on; without it, the answer itself, which is made for that.
        """
        data = None if version else make()
        facts = json_text([*version, sorted(self.request.auth.scopes)] if version else data)
        tag = f'"{sha256(facts.encode()).hexdigest()[:24]}"'
        known = {each.removeprefix("W/") for each in parse_etags(self.request.headers.get("If-None-Match", ""))}
        if {tag, "*"} & known:
            return Response(status=304, headers={"ETag": tag})
        return Response(make() if version else data, headers={"ETag": tag})

    def page(self, items: list, cursor: Callable[[Any], Any], limit: int) -> dict:
        """One page of at most `limit` of these items, which are one more where there is a next page."""
        shown = items[:limit]
        following = str(cursor(shown[-1])) if len(items) > limit else None
        return {"items": shown, "next": following}


def error(field: str, value: Any, code: str, message: str) -> dict:
    """One wrong value: where it stands, what it is, and the rule that it breaks."""
    return {"field": field, "value": value, "code": code, "message": message}


def operation(*, scope: Scope = Scope.READ, permission: str = "", **told) -> Callable[[Callable], Callable]:
    """Decorate a method of an ApiView: its scope, and the permission that it takes beside.

    `told` is what the description of the API says of it: see scans/api/description.py. Only the parameters of
    `query_parameters` are taken.
    """

    def decorate(method: Callable) -> Callable:
        method.scope, method.permission, method.described = scope, permission, told
        method.parameters = {one.name for one in told.get("query_parameters", ()) if one.location == "query"}
        return method

    return decorate

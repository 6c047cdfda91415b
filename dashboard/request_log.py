"""An id for each request, and the access log: one line of JSON for each answer."""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from django.utils.functional import LazyObject, empty

from dashboard.metrics import observe
from scans.harmless import one_line
from scans.origin import address_of, answering, request_id_of
from scans.views.addresses import ANALYSIS, API, URL_SCAN
from scans.working_on import also_working_on, ids_in_work, working_on

logger = logging.getLogger("dashboard.access")
# Left out while they succeed: they tell nothing, and there are many.
QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
# Their query strings may hold a secret, such as the code of a login by a provider.
WITHOUT_QUERY = ("/accounts/",)
LONGEST = 2000  # characters of a text in a line
MOST_DIGITS = 18  # of an id, as in addresses of pages
_IN_ADMIN = {"scans_analysis": "analysis", "scans_urlscan": "url_scan"}


class RequestLogMiddleware:
    """Gives each request an id, answers with it in X-Request-ID, measures it and writes the access log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; events of the security log that are noted meanwhile belong to this request."""
        began = monotonic()
        with answering(request), working_on():
            response = self.get_response(request)
            response["X-Request-ID"] = request_id_of(request)
            observe(request, response, monotonic() - began)
            if is_worth_a_line(request.path_info, response.status_code):
                logger.info("%s", access_line(request, response, monotonic() - began))
        return response

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> None:
        """Name the analysis and the URL scan in each line of the log that this request causes."""
        also_working_on(**ids_of_address(request.resolver_match))


def _user_name(request: HttpRequest) -> str:
    """The name of the logged-in user; empty if nobody is, or if nothing asked yet who it is."""
    user = request.__dict__.get("user")
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        return ""
    return user.get_username()


def is_worth_a_line(path: str, status: int) -> bool:
    """Whether an answer is logged: not a poll that found nothing new, and not a file or a probe that succeeded."""
    return status != 204 and not (path.startswith(QUIET) and status < 400)


def ids_of_address(match: ResolverMatch) -> dict[str, int]:
    """The ids of analysis and URL scan in an address of a page, of the API or of the admin."""
    ids = match.kwargs
    # The admin's last route, which takes every address that is left over, has no name.
    model = (match.url_name or "").removesuffix("_change") if match.namespace == "admin" else ""
    if match.route.startswith(API):
        names = {"analysis": "analysis", "scan": "url_scan"}
        return {names[name]: pk for name, pk in ids.items() if name in names}
    if match.route.startswith(URL_SCAN):
        return {"analysis": ids["analysis_id"], "url_scan": ids["pk"]}
    if match.route.startswith(ANALYSIS):
        return {"analysis": ids["pk"]}
    if model in _IN_ADMIN and ids.get("object_id", "").isdecimal() and len(ids["object_id"]) <= MOST_DIGITS:
        return {_IN_ADMIN[model]: int(ids["object_id"])}
    return {}


def access_line(request: HttpRequest, response: HttpResponse, seconds: float) -> str:
    """One answer, given after so many seconds, as one line of JSON in ASCII. A file that is streamed has no length."""
    path, query = request.path_info, request.META.get("QUERY_STRING", "")
    texts = {
        "address": address_of(request),
        "user": _user_name(request),
        "request_id": request_id_of(request),
        "method": request.method,
        "path": f"{path}?{query}" if query and not path.startswith(WITHOUT_QUERY) else path,
    }
    values = {"log": "access", "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    values |= {name: one_line(text)[:LONGEST] for name, text in texts.items()}
    values |= ids_in_work() | {"status": response.status_code, "ms": round(seconds * 1000)}
    if not response.streaming:
        values["bytes"] = len(response.content)
    return json.dumps(values)

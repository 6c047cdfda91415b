"""An id for each request, and the access log of the web server: one line of JSON for each answer."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject, empty
from gunicorn.glogging import Logger

from scans.harmless import one_line
from scans.origin import REQUEST_ID, address_of, answering, request_id_of

USER, ADDRESS = "scans.user", "scans.address"  # keys in the WSGI environment, which the web server logs
# Left out while they succeed: they tell nothing, and there are many.
QUIET = ("/static/", "/healthz", "/readyz")
# Their query strings may hold a secret, such as the code of a login by a provider.
WITHOUT_QUERY = ("/accounts/",)
LONGEST = 2000  # characters of a text in a line


class RequestLogMiddleware:
    """Gives each request an id, answers with it in X-Request-ID, and tells the access log user and address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; events of the security log that are noted meanwhile belong to this request."""
        request.META[ADDRESS] = address_of(request)
        with answering(request):
            response = self.get_response(request)
        response["X-Request-ID"] = request_id_of(request)
        request.META[USER] = _user_name(request)
        return response


def _user_name(request: HttpRequest) -> str:
    """The name of the logged-in user; empty if nobody is, or if nothing asked yet who it is."""
    user = request.__dict__.get("user")
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        return ""
    return user.get_username()


class AccessLogger(Logger):
    """Gunicorn's log, with an access log in JSON: no text from outside can begin a line or hide in one."""

    def access(self, resp, req, environ: dict, request_time: timedelta) -> None:
        """Write the line of one answer, if the access log is on and the request is worth one."""
        status = int(str(resp.status).split(None, 1)[0])
        if self.cfg.accesslog and is_worth_a_line(environ.get("PATH_INFO", ""), status):
            self.access_log.info("%s", access_line(status, resp.sent, environ, request_time))


def is_worth_a_line(path: str, status: int) -> bool:
    """Whether an answer is logged: not a poll that found nothing new, and not a file or a probe that succeeded."""
    return status != 204 and not (path.startswith(QUIET) and status < 400)


def access_line(status: int, sent: int, environ: dict, request_time: timedelta) -> str:
    """One answer as one line of JSON in ASCII."""
    path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    texts = {
        "address": environ.get(ADDRESS) or environ.get("REMOTE_ADDR", ""),
        "user": environ.get(USER, ""),
        "request_id": environ.get(REQUEST_ID, ""),
        "method": environ.get("REQUEST_METHOD", ""),
        "path": f"{path}?{query}" if query and not path.startswith(WITHOUT_QUERY) else path,
    }
    values = {"log": "access", "time": datetime.now(UTC).isoformat(timespec="milliseconds")}
    values |= {name: one_line(text)[:LONGEST] for name, text in texts.items()}
    values |= {"status": status, "bytes": sent, "ms": round(request_time.total_seconds() * 1000)}
    return json.dumps(values)

"""Rules for every request and answer, whichever page it concerns."""

import codecs
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.http import parse_header_parameters

from scans.origin import is_trusted

METHODS = ["GET", "HEAD", "OPTIONS", "POST"]
METHODS_OF_API = [*METHODS, "PATCH", "DELETE"]
# Nothing of a page goes into a cache, another site, a frame or the hands of a device. Static files say for themselves
# how long they may be kept.
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "geolocation"),
            *("gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
            *("screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
        )
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
# Of the answer that no middleware sees.
BARE = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def protecting_headers() -> dict[str, str]:
    """The headers of every answer; behind HTTPS, browsers are told to use nothing else."""
    return HEADERS | (HSTS if settings.BEHIND_HTTPS else {})


class AnswerHeaders:
    """Adds the headers that protect an answer, unless it has its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with these headers."""
        response = self.get_response(request)
        for name, value in protecting_headers().items():
            response.headers.setdefault(name, value)
        return response


class OnlyProxiesSayHttps:
    """Ignores X-Forwarded-Proto from everybody but the trusted proxies, once the settings name them.

    While they name none, it counts from everybody, and `manage.py check` warns.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on, without the header of a stranger."""
        if settings.SCANS_TRUSTED_PROXIES and not is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)


class OnlyUsualMethods:
    """Refuses every method that no page of ours has: TRACE above all, which would show what a proxy added."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 405, or pass the request on."""
        methods = METHODS_OF_API if request.path_info.startswith("/api/") else METHODS
        return self.get_response(request) if request.method in methods else HttpResponseNotAllowed(methods)


class OnlyUtf8:
    """A WSGI application that refuses a request in another charset than UTF-8, in which all our forms are.

    Django decodes query and body with the charset that a request names, and fails for some before any middleware runs.
    """

    def __init__(self, application: Callable):
        self.application = application

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer 415 without reading the body, or pass the request on."""
        if _is_utf8(environ.get("CONTENT_TYPE", "")):
            return self.application(environ, start_response)
        start_response("415 Unsupported Media Type", list({**protecting_headers(), **BARE}.items()))
        return [b"Send this in UTF-8.\n"]


class NoBodyForHead:
    """A WSGI application that answers HEAD as GET, but makes no body: a file is not written to be thrown away."""

    def __init__(self, application: Callable):
        self.application = application

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answer with the headers alone. Those of a file that is made while it is sent have no length."""
        if environ["REQUEST_METHOD"] != "HEAD":
            return self.application(environ, start_response)
        begun: list[tuple] = []
        answer = self.application(environ, lambda *begin: begun.append(begin))
        status, headers, *_ = begun[-1]
        if isinstance(answer, HttpResponse) and "Content-Length" not in answer.headers:
            headers = [*headers, ("Content-Length", str(len(answer.content)))]
        if hasattr(answer, "close"):
            answer.close()
        start_response(status, headers)
        return []


def _is_utf8(content_type: str) -> bool:
    try:
        return codecs.lookup(parse_header_parameters(content_type)[1].get("charset", "utf-8")).name == "utf-8"
    except (LookupError, ValueError):
        return False

"""Rules for every request and answer, whichever page it concerns."""

import codecs
from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

# Nothing of a page goes into a cache, another site, a frame or the hands of a device. Static files say for themselves
# how long they may be kept.
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera", "display-capture", "geolocation"),
            *("gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment"),
            *("screen-wake-lock", "serial", "usb", "xr-spatial-tracking"),
        )
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class AnswerHeaders:
    """Adds the headers that protect an answer, unless it has its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with these headers."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


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
        start_response("415 Unsupported Media Type", [("Content-Type", "text/plain"), *HEADERS.items()])
        return [b"Send this in UTF-8.\n"]


def _is_utf8(content_type: str) -> bool:
    try:
        return codecs.lookup(parse_header_parameters(content_type)[1].get("charset", "utf-8")).name == "utf-8"
    except (LookupError, ValueError):
        return False

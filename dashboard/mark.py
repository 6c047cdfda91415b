"""Marks every answer of the dashboard, so that its scanner never scans it, whatever the proxy in front is called."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from scans.targets.own_mark import HEADER, own_mark


class MarkMiddleware:
    """Adds the mark of this installation. Outermost, so that errors and refused hosts have it too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with the mark."""
        response = self.get_response(request)
        response[HEADER] = own_mark()
        return response

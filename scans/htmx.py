"""Answering htmx: when to send a fragment, when nothing has changed, and how soon to poll again."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

SOON, SELDOM, NEVER = 2, 15, 0  # seconds between two polls; a page in the background does not poll


def wants_fragment(request: HttpRequest) -> bool:
    """Whether this request swaps a part of a page. Boosted links and restored history need the whole page."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def shown_address(request: HttpRequest) -> str:
    """Path and query of the page that sent an htmx request; empty if that is not one of our pages."""
    try:
        return (request.htmx and request.htmx.current_url_abs_path) or ""
    except ValueError:
        return ""


def is_unchanged(request: HttpRequest, version: str) -> bool:
    """Whether the page already shows this version; then the answer is 204."""
    return wants_fragment(request) and request.GET.get("v") == version


def seconds_between_polls(
    shown: Iterable, *, beside: Iterable = (), growing: bool = False, under_way: bool = False
) -> int:
    """How soon to poll again for analyses or URL scans: soon while one of those shown has not ended.

    Soon too while something else is `under_way`. Seldom if only something `beside` them has not ended, or if more may
    be added; never if nothing can change.
    """
    if under_way or not all(thing.info.final for thing in shown):
        return SOON
    return SELDOM if growing or not all(thing.info.final for thing in beside) else NEVER


def address(request: HttpRequest) -> str:
    """The address of the current page, without the version that polls add."""
    query = request.GET.copy()
    query.pop("v", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def unchanged() -> HttpResponse:
    """The answer to a poll when nothing has changed: 204."""
    return _varying(HttpResponse(status=204))


def respond(request: HttpRequest, page: str, fragment: str, context: dict, *, status: int = 200) -> HttpResponse:
    """Render the page; for htmx only the fragment that the page includes, with messages and banners."""
    if not wants_fragment(request):
        return _varying(render(request, page, context, status=status))
    parts = [render_to_string(name, context, request) for name in (fragment, "layout/_out_of_band.html")]
    return _varying(HttpResponse("".join(parts), status=status))


def _varying(response: HttpResponse) -> HttpResponse:
    """Keep caches and the browser's Back button from showing a fragment as a page."""
    patch_vary_headers(response, ["HX-Request"])
    return response

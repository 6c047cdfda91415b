"""Redirects, back to the page that the request came from if it is one of ours."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from scans import htmx


def page_asked_from(request: HttpRequest, otherwise: str) -> str:
    """The address in the parameter `next` if it is one of our pages, otherwise `otherwise`.

    Without the parameter, the page that the browser names: links in rows of lists do not know where they are.
    """
    address = request.POST.get("next") or request.GET.get("next") or _page_shown(request)
    return one_of_ours(request, address) or otherwise


def one_of_ours(request: HttpRequest, address: str) -> str:
    """The address if it is that of one of our pages, without a host; otherwise empty."""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if ours and address.startswith("/") and address.isprintable() else ""


def _page_shown(request: HttpRequest) -> str:
    """Path and query of the page that shows the link or form, as the browser says; empty if it is not one of ours."""
    if shown := htmx.shown_address(request):
        return shown
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}):
        return ""
    return urlsplit(referer)._replace(scheme="", netloc="").geturl()


def see(address: str) -> HttpResponse:
    """Redirect with 303, so that a reload repeats nothing. htmx follows it and gets the fragment."""
    return HttpResponse(status=303, headers={"Location": address})

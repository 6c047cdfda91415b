"""Redirects, back to the page that the request came from if it is one of ours."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme


def page_asked_from(request: HttpRequest, otherwise: str) -> str:
    """The address in the parameter `next` if it is one of our pages, otherwise `otherwise`."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if ours and address.startswith("/") and address.isprintable() else otherwise


def see(address: str) -> HttpResponse:
    """Redirect with 303, so that a reload repeats nothing. htmx follows it and gets the fragment."""
    return HttpResponse(status=303, headers={"Location": address})

"""Where an answer leads: back to the page that was asked from, if it is one of ours."""

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme


def page_asked_from(request: HttpRequest, otherwise: str) -> str:
    """The page that the form or link names as `next`, if it is one of ours."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
    return address if ours and address.startswith("/") and address.isprintable() else otherwise


def see(address: str) -> HttpResponse:
    """Look there with GET: a reload then repeats nothing. htmx follows this too, and gets the fragment."""
    return HttpResponse(status=303, headers={"Location": address})

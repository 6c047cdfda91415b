"""Leads people whose role needs a second factor to set one up before anything else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from scans.accounts import two_factor_log  # noqa: F401 - receives signals from now on
from scans.accounts.two_factor import is_missing

# The way to a second factor, and the way out.
OPEN = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "scans:password",
    "account_logout",
    "provider_login",
    "provider_callback",
}


class TwoFactorMiddleware:
    """Stands behind the login and the change of a first password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> HttpResponse | None:
        """Redirect a page to the set-up. Refuse any other request, such as a poll or a POST, in plain words."""
        if not getattr(view, "login_required", True):
            return None
        request.second_factor_missing = is_missing(request)
        if not request.second_factor_missing or request.resolver_match.view_name in OPEN:
            return None
        if request.method == "GET" and not request.htmx and "text/html" in request.headers.get("Accept", ""):
            return redirect("mfa_index")
        text = _("Your role needs a second factor. Set one up in your settings, under “Two-factor login”.")
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")

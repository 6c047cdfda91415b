"""The rules that django-allauth asks for: who may sign up, how often to guess, and where a login leads."""

import time
from math import ceil

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

from scans.accounts import guessing
from scans.accounts.passwords import must_change
from scans.database import clock
from scans.origin import address_of

MESSAGES = {
    f"mfa/messages/{name}.txt": text
    for name, text in {
        "totp_activated": _("The authenticator app was added."),
        "totp_deactivated": _("The authenticator app was removed."),
        "webauthn_added": _("The passkey was added."),
        "webauthn_removed": _("The passkey was removed."),
    }.items()
}


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from an administrator alone. A login leads to our own pages alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether the address is one of our pages: a path on one printable line."""
        return url.startswith("/") and url.isprintable() and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: every answer is a page."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address as everywhere: a header of strangers changes nothing."""
        return address_of(request) or "0.0.0.0"  # noqa: S104 - no address, as with a Unix socket

    def pre_authenticate(self, request: HttpRequest, **credentials) -> None:
        """Nothing: `authenticate` has the limit."""

    def authenticate(self, request: HttpRequest, **credentials) -> AbstractBaseUser | None:
        """The account of this name and password, or None; counted by the limit on guessing.

        Raises ImmediateHttpResponse with status 429 while the limit holds.
        """
        try:
            attempt = guessing.begin(request, credentials.get("username", ""))
        except guessing.TooManyFailures as refusal:
            raise ImmediateHttpResponse(too_many_failures(request, refusal)) from None
        user = super().authenticate(request, **credentials)
        attempt.succeeded() if user else attempt.failed()
        return user

    def post_login(self, request: HttpRequest, user, **values) -> HttpResponse:
        """Lead to the page, or first to a new password; know this browser from now on."""
        response = super().post_login(request, user, **values)
        if must_change(user):
            response["Location"] = f"{reverse('scans:password')}?{urlencode({'next': response['Location']})}"
        guessing.remember_browser(response, user.get_username())
        return response

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Begin the session; it names the backend as the settings do, or nobody would be logged in."""
        user.backend = settings.AUTHENTICATION_BACKENDS[0]
        super().login(request, user)

    def add_message(self, request: HttpRequest, level, message_template=None, *args, **kwargs) -> None:
        """Show what happened, in our words; django-allauth keeps its own in templates."""
        if message_template in MESSAGES:
            kwargs["message"] = str(MESSAGES[message_template])
        super().add_message(request, level, message_template, *args, **kwargs)

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Whether the person has to confirm who they are: not within minutes of a login."""
        records = get_authentication_records(self.request, self.request.user)
        logged_in_at = max((record["at"] for record in records), default=0)
        return time.time() - logged_in_at > app_settings.REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user) -> list[dict]:
        """The ways to confirm; for an account of the provider that has no other, a new login there."""
        ways = super().get_reauthentication_methods(user)
        words = {"reauthenticate": _("Use your password"), "mfa_reauthenticate": _("Use a code")}
        words["mfa_reauthenticate:webauthn"] = _("Use a passkey")
        ways = [{**way, "description": words.get(way["id"], way["description"])} for way in ways]
        if not ways and user.is_authenticated and settings.SCANS_OIDC_ISSUER:
            again = str(_("Log in with {provider} again")).format(provider=settings.SCANS_OIDC_NAME)
            ways.append({"id": "provider", "description": again, "url": reverse("provider_login")})
        return ways


def too_many_failures(request: HttpRequest, refusal: guessing.TooManyFailures) -> HttpResponse:
    """The page that says when to try again."""
    seconds = max(1, ceil((refusal.until - clock.now()).total_seconds()))
    context = {"until": refusal.until, "minutes": ceil(seconds / 60)}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = seconds
    return response

"""The person of a request: time zone, language and settings."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from scans.models import PersonSettings


class PersonMiddleware:
    """Activates the person's time zone and language for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then deactivate the time zone, because another request may use the thread next."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> None:
        """Activate both, except for views without login, which should not query the account."""
        if not getattr(view, "login_required", True):
            return
        person = PersonSettings.of(request.user)
        timezone.activate(person.zone)
        if person.language:
            translation.activate(person.language)


def person(request: HttpRequest) -> dict:
    """Context processor: the person's settings, or the defaults if the request failed before the login was read."""
    return {"person": PersonSettings.of(getattr(request, "user", AnonymousUser()))}


def provider(request: HttpRequest) -> dict:
    """Context processor: the name of the OpenID Connect provider, if there is one."""
    return {"provider_name": settings.SCANS_OIDC_NAME if settings.SCANS_OIDC_ISSUER else ""}

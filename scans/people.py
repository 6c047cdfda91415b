"""Who asks: their settings are loaded with the account, at no query of their own, and hold while a page is made."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from scans.models import PersonSettings


class WithSettings(ModelBackend):
    """Django's accounts, each fetched together with its settings."""

    def get_user(self, user_id: int):
        """The account with this id, if it may log in; else None."""
        user = get_user_model().objects.select_related("person_settings").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


class PersonMiddleware:
    """Puts the person's time zone and language in force, and back again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; the thread then forgets whose it was."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> None:
        """What needs no login, such as the health checks, asks for no account either."""
        if not getattr(view, "login_required", True):
            return
        person = PersonSettings.of(request.user)
        timezone.activate(person.zone)
        if person.language:
            translation.activate(person.language)


def person(request: HttpRequest) -> dict:
    """For every template: the settings of who asks; the defaults for a request that failed before that was known."""
    return {"person": PersonSettings.of(getattr(request, "user", AnonymousUser()))}

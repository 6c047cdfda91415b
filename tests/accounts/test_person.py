"""The person of a request: time zone, language and settings."""

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.utils import timezone, translation

from scans.accounts.person import PersonMiddleware, person
from scans.models import PersonSettings


@pytest.fixture
def in_berlin():
    request = RequestFactory().get("/")
    request.user = User(username="ada")
    request.user.person_settings = PersonSettings(time_zone="Europe/Berlin", language="de")
    return request


def test_a_view_answers_in_the_persons_zone_and_language_and_the_next_does_not(in_berlin):
    def view(request):
        middleware.process_view(request, view, (), {})
        return timezone.get_current_timezone_name(), translation.get_language()

    middleware = PersonMiddleware(view)
    assert middleware(in_berlin) == ("Europe/Berlin", "de")
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_view_without_login_asks_for_no_account(in_berlin):
    del in_berlin.user

    def view(request):
        """A public page."""

    view.login_required = False
    PersonMiddleware(view).process_view(in_berlin, view, (), {})
    assert timezone.get_current_timezone_name() == "UTC"
    assert person(in_berlin)["person"].theme == "auto"

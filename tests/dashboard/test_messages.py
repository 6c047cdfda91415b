"""Where a message waits for the next page."""

from django.contrib import messages
from django.http import HttpResponse
from django.test import RequestFactory

from dashboard.messages import Messages, NamedCookie


def test_a_message_waits_in_the_cookie_of_the_settings(settings):
    assert settings.MESSAGE_STORAGE == f"{Messages.__module__}.{Messages.__qualname__}"
    request, response = RequestFactory().get("/"), HttpResponse()
    request.session = {}
    store = Messages(request)
    store.add(messages.INFO, "Saved.")
    store.update(response)
    (cookie,) = response.cookies.values()
    assert (cookie.key, cookie["httponly"]) == (NamedCookie.cookie_name, True)
    assert NamedCookie.cookie_name == f"{settings.COOKIE_PREFIX}messages"

"""Logins in the security log: succeeded, failed and ended, and never a password in the field for the name."""

import pytest
from django.contrib.auth.signals import user_login_failed
from django.urls import reverse

from scans.models import SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db


def events():
    """(event, who, subject) of each event, in the order in which they happened."""
    return list(SecurityEvent.objects.order_by("pk").values_list("event", "who", "subject"))


def test_login_and_logout_are_noted(client):
    factories.user("Viewer", "bob")
    client.post(reverse("account_login"), {"username": "bob", "password": "password"})
    client.post(reverse("account_logout"))
    client.post(reverse("account_logout"))
    assert events() == [("login.succeeded", "bob", "bob"), ("login.ended", "bob", "bob")]
    assert set(SecurityEvent.objects.values_list("address", flat=True)) == {"127.0.0.1"}


def test_a_wrong_password_is_noted_for_the_account(client):
    factories.user("Viewer", "bob")
    client.post(reverse("account_login"), {"username": "bob", "password": "owl"})
    assert events() == [("login.failed", "", "bob")]


@pytest.mark.parametrize("name", ["my-secret-owl", "bob\0", "", "x" * 9000])
def test_a_name_that_no_account_has_is_not_kept(rf, name):
    factories.user("Viewer", "bob")
    user_login_failed.send(__name__, credentials={"username": name}, request=rf.post("/"))
    [event] = SecurityEvent.objects.all()
    assert (event.event, event.subject, event.facts) == ("login.failed_unknown", "", {})

"""Django's own commands for accounts leave entries in the security log."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from scans.models import SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db


def events():
    return [(row.event, row.actor, row.subject) for row in SecurityEvent.objects.order_by("pk")]


def test_a_superuser_that_a_command_creates_is_in_the_security_log(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "short-owl-42")
    call_command("createsuperuser", "--noinput", username="root", email="root@example.com", verbosity=0)
    assert User.objects.get(username="root").is_superuser
    assert events() == [("account.created", "command", "root")]


def test_a_password_that_a_command_sets_is_in_the_security_log_and_what_it_is_is_not(monkeypatch, capsys):
    factories.user("Viewer", "ada")
    monkeypatch.setattr("getpass.getpass", lambda *args, **kwargs: "short-owl-42")
    call_command("changepassword", "ada")
    assert User.objects.get(username="ada").check_password("short-owl-42")
    assert events() == [("account.password_set", "command", "ada")]
    assert "short-owl" not in str(SecurityEvent.objects.values())


def test_a_command_that_was_refused_leaves_nothing(monkeypatch):
    factories.user("Viewer", "ada")
    monkeypatch.setattr("getpass.getpass", lambda *args, **kwargs: "short")
    with pytest.raises(Exception, match="Aborting"):
        call_command("changepassword", "ada")
    assert events() == []

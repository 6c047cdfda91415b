"""The command that ends the wait after too many failed logins."""

import pytest
from django.core.management import call_command
from django.test import Client

from scans.accounts.guessing import ACCOUNT_AND_SOURCE
from scans.models import Actor, SecurityEvent
from tests import factories


@pytest.mark.django_db
def test_an_account_is_unlocked(capsys):
    factories.user(username="ada")
    for _ in range(ACCOUNT_AND_SOURCE.free):
        Client().post("/accounts/login/", {"username": "ada", "password": "wrong"})
    right = {"username": "ada", "password": "password"}
    assert Client().post("/accounts/login/", right).status_code == 429
    call_command("unlock", "ada")
    assert "ada can log in again." in capsys.readouterr().out
    assert Client().post("/accounts/login/", right).status_code == 302
    call_command("unlock", "ada")
    assert "Nothing keeps ada from logging in." in capsys.readouterr().out
    assert SecurityEvent.objects.filter(event="login.unlocked", actor=Actor.COMMAND).exists()

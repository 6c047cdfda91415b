"""Tokens in the settings."""

import re

import pytest
from django.test import Client

from scans.accounts import tokens
from scans.models import ApiToken
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db
NEW = "/settings/tokens/new/"
VALID = {"name": "nightly build", "scopes": ["read", "submit"], "days": "30"}


def logged_in(role: str) -> Client:
    """A browser whose login is fresh."""
    client, user = Client(), factories.user(role)
    client.post("/accounts/login/", {"username": user.username, "password": "password"})
    return client


@pytest.fixture
def client(db) -> Client:
    return logged_in("Submitter")


def test_a_login_that_is_not_fresh_is_asked_for_again_first(as_role):
    assert as_role("Submitter").post(NEW, VALID)["Location"].startswith("/accounts/confirm/")
    assert not ApiToken.objects.exists()


def test_a_token_is_shown_once_and_works(client):
    shown = re.search(r'value="(dast_[\w-]+)"', text(client.post(NEW, VALID)))[1]
    token = ApiToken.objects.get()
    assert (token.scopes, (token.expires_at - token.created_at).days) == (["read", "submit"], 30)
    assert tokens.find(shown) == token
    settings_page = text(client.get("/settings/"))
    assert "nightly build" in settings_page and token.shown in settings_page and shown not in settings_page


def test_ninety_days_are_offered_and_the_setting_is_the_most(client, settings):
    settings.SCANS_API_TOKEN_DAYS = 100
    assert 'value="90"' in text(client.get(NEW))
    assert client.post(NEW, VALID | {"days": "101"}).status_code == 422
    settings.SCANS_API_TOKEN_DAYS = 10
    assert 'value="10"' in text(client.get(NEW))
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"name": "x"}, {"scopes": []}, {"scopes": ["root"]}, {"days": "0"}, {"days": "x"}, {"name": "a\0bc"}]
)
def test_what_is_wrong_is_said_and_makes_no_token(client, wrong):
    assert client.post(NEW, VALID | wrong).status_code == 422
    assert not ApiToken.objects.exists()


def test_two_tokens_of_one_person_have_different_names_until_one_is_revoked(client):
    client.post(NEW, VALID)
    assert client.post(NEW, VALID).status_code == 422
    client.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke/")
    assert client.post(NEW, VALID).status_code == 200


def test_a_revoked_token_leaves_the_settings(client):
    client.post(NEW, VALID)
    response = client.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke/", follow=True)
    assert "was revoked" in text(response) and '<td data-label="Begins with">' not in text(response)


def test_nobody_revokes_the_token_of_somebody_else(client):
    token, _text = tokens.make(factories.user(), "theirs", ["read"], 9, request=None)
    assert client.post(f"/settings/tokens/{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_an_account_without_a_role_makes_no_token(db):
    client = logged_in("")
    assert client.get(NEW).status_code == 403
    assert "API tokens" not in text(client.get("/settings/"))

"""The groups of a person at the provider, and what the errors of a connection mean."""

import pytest
import requests
from allauth.socialaccount import app_settings
from django.contrib.auth.models import Group

from scans.accounts.provider_accounts import connection_failed, groups_in, known_account, set_roles
from scans.models import SecurityEvent
from tests import factories


@pytest.mark.parametrize(
    "claim, claims, groups",
    [
        ("groups", {"groups": ["a", "b", 3]}, ["a", "b"]),
        ("groups", {"groups": "a"}, ["a"]),
        ("groups", {}, []),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, ["a"]),
        ("realm_access.roles", {"realm_access": ["a"]}, []),
        ("https://example.org/groups", {"https://example.org/groups": ["a"]}, ["a"]),
    ],
)
def test_groups_are_read_from_the_claim_of_the_settings(settings, claim, claims, groups):
    settings.SCANS_OIDC_GROUPS_CLAIM = claim
    assert groups_in(claims) == groups


@pytest.mark.parametrize(
    "error, code",
    [
        (requests.exceptions.SSLError(), "provider_certificate"),
        (requests.exceptions.ConnectionError(), "provider_down"),
        (requests.exceptions.Timeout(), "provider_down"),
    ],
)
def test_an_error_of_the_connection_becomes_a_reason(error, code):
    assert connection_failed(error).why.code == code


@pytest.mark.django_db
def test_roles_are_set_exactly_and_other_groups_stay():
    ada = factories.user("Reviewer")
    ada.groups.add(Group.objects.create(name="Birds"))
    set_roles(ada, {"Administrator"})
    assert set(ada.groups.values_list("name", flat=True)) == {"Administrator", "Birds"} and ada.is_staff
    set_roles(ada, {"Administrator"})
    assert [row.facts for row in SecurityEvent.objects.all()] == [{"before": "Reviewer", "after": "Administrator"}]


@pytest.mark.django_db
def test_two_accounts_with_one_address_are_nobodys(settings):
    settings.SCANS_OIDC_KNOWN_BY = "verified-email"
    claims = {"email": "a@example.org", "email_verified": True}
    ada = factories.user(email="A@example.org")
    assert known_account(claims) == ada and known_account({**claims, "email_verified": "false"}) is None
    factories.user(email="a@example.org")
    assert known_account(claims) is None and known_account({"email": "", "email_verified": True}) is None


def test_no_token_of_the_provider_is_kept():
    assert not app_settings.STORE_TOKENS

"""Second factors at rest: sealed, taken off, and sealed again."""

import base64

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import RequestFactory

from scans.accounts.two_factor import TwoFactorAdapter, key_is_lost, remove_factors, resealed
from scans.models import Actor, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
OLD, NEW = "an old key of thirty-two letters", "a new key of thirty-two letters!"


@pytest.fixture
def ada():
    """A user with an app and recovery codes, sealed with the old key."""
    return factories.user(username="ada")


@pytest.fixture
def factors(ada, settings):
    settings.SCANS_SECRET_KEYS = [OLD]
    return TOTP.activate(ada, "A" * 32).instance, RecoveryCodes.activate(ada).instance


def test_secrets_are_sealed_again_with_the_newest_key(ada, factors, settings):
    settings.SCANS_SECRET_KEYS = [NEW, OLD]
    codes = factors[1].wrap().generate_codes()
    for factor in factors:
        factor.data = resealed(factor.data)
        factor.save()
    settings.SCANS_SECRET_KEYS = [NEW]
    assert not key_is_lost(ada) and factors[1].wrap().generate_codes() == codes
    settings.SCANS_SECRET_KEYS = [OLD]
    assert key_is_lost(ada)


def test_a_secret_whose_key_is_lost_fits_no_code(factors, settings):
    settings.SCANS_SECRET_KEYS = [NEW]
    one, other = (TwoFactorAdapter().decrypt(factors[0].data["secret"]) for _ in range(2))
    assert one != other and len(one) == 32


def test_all_factors_are_taken_off_and_noted(ada, factors):
    assert remove_factors(ada, by=Actor.COMMAND) == 1
    assert not Authenticator.objects.exists()
    event = SecurityEvent.objects.get()
    assert (event.event, event.actor, event.subject) == ("account.second_factor_removed", "command", "ada")


@pytest.mark.parametrize(
    "host, site", [("scans.example.org:8443", "scans.example.org"), ("localhost", "localhost"), ("[::1]:8000", "[::1]")]
)
def test_passkeys_belong_to_the_name_without_the_port(settings, host, site):
    settings.ALLOWED_HOSTS = ["*"]
    with context.request_context(RequestFactory().get("/", headers={"host": host})):
        assert TwoFactorAdapter().get_public_key_credential_rp_entity()["id"] == site


def test_keys_and_codes_cannot_be_guessed(factors):
    assert len(base64.b32decode(generate_totp_secret())) * 8 >= 128
    assert generate_totp_secret() != generate_totp_secret()
    codes = factors[1].wrap().generate_codes()
    assert len(set(codes)) == 10 and min(map(len, codes)) >= 8  # 26 bits

"""The strictness of the conversation with an OpenID Connect provider. tests/views/test_provider.py has whole logins."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import RequestFactory

from scans.accounts.provider import Conversation, ProviderFailed

ISSUER = "https://id.example.org"
OURS, OTHERS = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CONFIG = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
    "userinfo_endpoint": f"{ISSUER}/user",
}
KEYS = {"keys": [{**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(OURS.public_key())), "kid": "one", "use": "sig"}]}


def claims(**changes):
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "dashboard", "sub": "42", "iat": now, "exp": now + 300, "nonce": "this login's"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def signed(key=OURS, algorithm="RS256", kid="one", **changes):
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers={"kid": kid})


@pytest.fixture
def conversation(settings, monkeypatch):
    """A conversation with a provider whose answers are in `answers`."""
    settings.SCANS_OIDC_ISSUER, settings.SCANS_OIDC_CLIENT_ID = ISSUER, "dashboard"
    found = Conversation(RequestFactory().get("/"), ISSUER)
    found.state = {"nonce": "this login's"}
    found.answers = {f"{ISSUER}/.well-known/openid-configuration": CONFIG, CONFIG["jwks_uri"]: KEYS}
    monkeypatch.setattr(found, "_json", lambda address, **kwargs: found.answers[address])
    return found


def decoded(conversation, token):
    return conversation._decode_id_token(conversation.get_provider().app, token)


def test_a_token_that_the_provider_signed_for_this_login_is_believed(conversation):
    assert decoded(conversation, signed())["sub"] == "42"
    assert decoded(conversation, signed(algorithm="PS512", aud=["dashboard"]))["sub"] == "42"


@pytest.mark.parametrize(
    "change",
    [
        {"key": OTHERS},
        {"kid": "two"},
        {"key": "the client's secret, 32 letters long", "algorithm": "HS256"},
        {"key": None, "algorithm": "none"},
        {"iss": "https://evil.example.org"},
        {"aud": "another"},
        {"azp": "another", "aud": ["dashboard", "another"]},
        {"exp": 1_000_000_000},
        {"iat": None},
        {"sub": None},
        {"sub": "x" * 200},
        {"nonce": "another"},
        {"nonce": None},
    ],
    ids=lambda change: ", ".join(change),
)
def test_any_other_token_is_refused(conversation, change):
    with pytest.raises(ProviderFailed) as failure:
        decoded(conversation, signed(**change))
    assert failure.value.why.code == "provider_token"


def test_without_a_nonce_of_this_login_no_token_is_believed(conversation):
    conversation.state = {}
    with pytest.raises(ProviderFailed):
        decoded(conversation, signed(nonce=""))


def test_user_information_about_another_person_is_refused(conversation):
    conversation.answers[CONFIG["userinfo_endpoint"]] = {"sub": "43", "email": "other@example.org"}
    with pytest.raises(ProviderFailed, match="another person"):
        conversation._user_information("token", "42")
    conversation.answers[CONFIG["userinfo_endpoint"]] = {"sub": "42", "email": "ada@example.org"}
    assert conversation._user_information("token", "42")["email"] == "ada@example.org"


@pytest.mark.parametrize(
    "change, code",
    [
        ({"issuer": "https://evil.example.org"}, "provider_issuer"),
        ({"token_endpoint": "http://id.example.org/token"}, "provider_answer"),
        ({"jwks_uri": None}, "provider_answer"),
    ],
)
def test_a_description_of_another_or_an_open_provider_is_refused(conversation, change, code):
    conversation.answers = {f"{ISSUER}/.well-known/openid-configuration": {**CONFIG, **change}}
    with pytest.raises(ProviderFailed) as failure:
        _ = conversation.openid_config
    assert failure.value.why.code == code


@pytest.mark.parametrize(
    "methods, header",
    [(None, True), (["client_secret_post"], False), (["client_secret_post", "client_secret_basic"], True)],
)
def test_the_secret_is_sent_as_the_provider_takes_it(conversation, methods, header):
    config = {**CONFIG, "token_endpoint_auth_methods_supported": methods}
    conversation.answers = {f"{ISSUER}/.well-known/openid-configuration": config}
    assert conversation.basic_auth is header

"""The pages of second factors: adding, asking for and replacing them."""

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from scans.encryption import unseal
from tests import factories
from tests.second_factor import APP, CODES, CONFIRM, INDEX, code, key_of, key_on, logged_in, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_one_moment")]


@pytest.fixture
def ada():
    return factories.user("Submitter", username="ada")


def test_an_app_is_added_by_its_code_and_its_key_is_never_stored_in_the_open(ada):
    client = logged_in(ada)
    page = client.get(APP).content.decode()
    secret = key_on(page)
    assert 'src="data:image/svg+xml;base64,' in page and secret not in json.dumps(dict(client.session.items()))
    wrong = client.post(APP, {"code": "000000"})
    assert wrong.status_code == 200 and "This code or passkey is not accepted." in wrong.content.decode()
    assert secret in wrong.content.decode()
    client.post(APP, {"code": code(secret)})
    stored = Authenticator.objects.get(user=ada, type="totp")
    assert secret not in json.dumps(stored.data) and key_of(ada) == secret
    seed = Authenticator.objects.get(user=ada, type="recovery_codes").data["seed"]
    assert len(unseal(seed)) == 80 and totp.SECRET_SESSION_KEY not in client.session


def test_recovery_codes_are_shown_once(ada):
    client, codes = with_app(ada)
    assert len(set(codes)) == 10
    page = client.get(CODES).content.decode()
    assert "not shown again" in page and codes[0] not in page


def test_a_login_asks_for_the_code_and_no_page_opens_before(ada):
    with_app(ada)
    client = Client()
    answer = client.post("/accounts/login/", {"username": "ada", "password": "password"})
    assert answer["Location"] == CONFIRM
    assert client.get("/analyses/")["Location"].startswith("/accounts/login/")
    assert "code that your authenticator app shows" in client.get(CONFIRM).content.decode()
    assert "not accepted" in client.post(CONFIRM, {"code": "123456"}).content.decode()
    assert client.get("/analyses/").status_code == 302
    assert client.post(CONFIRM, {"code": code(key_of(ada))}).status_code == 302
    assert client.get("/analyses/").status_code == 200


def test_the_admin_asks_for_the_code_as_well(ada):
    with_app(ada)
    root = factories.user("", username="root", is_staff=True, is_superuser=True)
    Authenticator.objects.filter(user__username="ada").update(user=root)
    client = Client()
    assert client.get("/admin/login/?next=/admin/")["Location"].startswith("/accounts/login/")
    client.post("/admin/login/", {"username": "root", "password": "password"})
    assert client.get("/admin/").status_code == 302


def test_whoever_logged_in_long_ago_confirms_the_password_first(ada):
    browser, _ = with_app(ada)
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - 3600}]
    session.save()
    answer = browser.get("/accounts/two-factor/totp/deactivate/")
    assert answer["Location"].startswith("/accounts/confirm/")
    page = browser.get(answer["Location"]).content.decode()
    assert "Confirm that it is you" in page and "Use a code" in page
    after = browser.post(answer["Location"], {"password": "password"})
    assert after["Location"] == "/accounts/two-factor/totp/deactivate/"
    assert browser.post(after["Location"])["Location"] == INDEX
    assert not Authenticator.objects.filter(user=ada).exists()


def test_new_recovery_codes_replace_the_old_ones(ada):
    browser, codes = with_app(ada)
    make = "/accounts/two-factor/recovery-codes/generate/"
    assert "not accepted any more" in browser.get(make).content.decode()
    assert browser.post(make)["Location"] == CODES
    client = logged_in(ada)
    assert client.post(CONFIRM, {"code": codes[0]}).status_code == 200
    fresh = re.findall(r"<code>(\d{8})</code>", browser.get(CODES).content.decode())
    assert client.post(CONFIRM, {"code": fresh[0]}).status_code == 302


NO_PASSKEYS = [
    *("", "{", "[]", "1", "null", '"x"', '{"response": 1}', '{"response": {"userHandle": "a"}}'),
    '{"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}}',
    '{"id": "eA", "rawId": "eA", "response": {"clientDataJSON": "eA", "authenticatorData": "", "signature": "eA"}}',
    '{"id": {}, "rawId": {}, "type": [], "response": {"userHandle": [1]}}',
]


@pytest.mark.parametrize("text", NO_PASSKEYS)
def test_whatever_is_sent_as_a_passkey_is_refused_without_a_server_error(ada, text):
    client, data = Client(), {"credential": text}
    asked = client.get(f"{INDEX}webauthn/login/")
    assert asked.json()["request_options"]["publicKey"]["userVerification"] == "required"
    answer = client.post(f"{INDEX}webauthn/login/", data)
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    browser, _ = with_app(ada)
    browser.get(f"{INDEX}webauthn/add/")
    assert browser.post(f"{INDEX}webauthn/add/", data).status_code == 200
    step = logged_in(ada)
    step.get(CONFIRM)
    assert step.post(CONFIRM, data).status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()

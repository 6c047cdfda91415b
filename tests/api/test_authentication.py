"""Who asks the API: tokens, guesses, and logins in a browser."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from scans.accounts import tokens
from scans.models import ApiToken, SecurityEvent

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def asked_with(header: str):
    return Client().get(ME, headers={"Authorization": header} if header else {})


@pytest.mark.parametrize("header", ["", "Basic YTpi", "Bearer", "Bearer "])
def test_without_a_token_the_answer_says_how_to_send_one(header):
    response = asked_with(header)
    assert (response.status_code, response.json()["code"]) == (401, "token_missing")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response["Content-Type"] == "application/problem+json"


def test_a_token_that_is_over_says_why_and_is_no_guess(program):
    client = program()
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(ME).json()["code"] == "token_expired"
    tokens.revoke([client.known.token])
    assert client.get(ME).json()["code"] == "token_revoked"
    assert not SecurityEvent.objects.filter(event="login.failed_token").exists()


def test_the_token_of_an_account_that_was_switched_off_ends_with_it(program):
    client = program()
    type(client.known.user).objects.update(is_active=False)  # behind the back of every signal
    assert (client.get(ME).status_code, client.get(ME).json()["code"]) == (401, "account_off")


def test_guesses_are_counted_and_have_to_wait_while_a_real_token_need_not(program):
    codes = [asked_with(f"Bearer dast_{number}").json()["code"] for number in range(6)]
    assert codes == ["token_unknown"] * 5 + ["too_many_guesses"]
    refused = asked_with("Bearer dast_x")
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
    assert program().get(ME).status_code == 200
    events = SecurityEvent.objects.filter(event="login.failed_token")
    assert events.count() == 5 and "dast_" not in str(list(events.values()))


def test_a_login_in_a_browser_opens_the_description_alone(as_role):
    client = as_role("Viewer")
    assert client.get("/api/v1/schema/").status_code == 200
    assert client.get("/api/v1/").status_code == 200
    for address in (ME, "/api/v1/analyses/"):
        assert client.get(address).status_code == 401


def test_a_login_that_has_ended_opens_nothing(as_role):
    client = as_role("Viewer")
    session = client.session
    session["began"] = 1
    session.save()
    assert client.get("/api/v1/schema/").status_code == 401


def test_no_answer_sets_a_cookie(program):
    assert not program().get(ME).cookies and not Client().get(ME).cookies

"""Codes are accepted once, and a lost key is said."""

import time

import pytest
import time_machine
from allauth.mfa.totp.internal import auth as totp

from scans.accounts import guessing
from scans.models import Actor
from tests import factories
from tests.second_factor import APP, CODES, CONFIRM, INDEX, code, key_of, key_on, logged_in, with_app

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_one_moment")]


@pytest.fixture
def ada():
    return factories.user("Submitter", username="ada")


def test_a_code_is_accepted_once_even_by_another_process(ada):
    with_app(ada)
    now = code(key_of(ada))
    for accepted in (True, False):
        client = logged_in(ada)
        answer = client.post(CONFIRM, {"code": now})
        assert (answer.status_code == 302) == accepted
        totp.cache.clear()  # another process has another memory


def test_the_code_that_adds_an_app_logs_nobody_in(ada):
    browser = logged_in(ada)
    key = key_on(browser.get(APP).content.decode())
    used = code(key)
    assert browser.post(APP, {"code": used})["Location"] == CODES
    assert logged_in(ada).post(CONFIRM, {"code": used}).status_code == 200
    with time_machine.travel(time.time() + 30, tick=False):
        assert logged_in(ada).post(CONFIRM, {"code": code(key)}).status_code == 302


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_code_lives_for_half_a_minute(ada, steps):
    with_app(ada)
    client = logged_in(ada)
    assert client.post(CONFIRM, {"code": code(key_of(ada), steps)}).status_code == 200
    assert client.post(CONFIRM, {"code": code(key_of(ada))}).status_code == 302


def test_a_recovery_code_logs_in_once(ada):
    _, codes = with_app(ada)
    for accepted in (True, False):
        client = logged_in(ada)
        assert (client.post(CONFIRM, {"code": codes[3]}).status_code == 302) == accepted


def test_a_lost_key_is_said_and_no_server_error(ada, settings):
    browser, _ = with_app(ada)
    settings.SCANS_SECRET_KEYS = ["another key of thirty-two letters"]
    page = logged_in(ada).post(CONFIRM, {"code": "123456"}).content.decode()
    assert "its key is lost" in page
    assert browser.get(INDEX).status_code == 200


def test_guessing_codes_is_limited_in_the_database_and_a_correct_password_does_not_reset_the_count(ada):
    with_app(ada)
    answers = []
    for _ in range(6):
        totp.cache.clear()
        client = logged_in(ada)
        answers.append(client.post(CONFIRM, {"code": "000000"}).status_code)
    assert answers == [200] * 5 + [429]
    guessing.unlock("ada", by=Actor.COMMAND)
    assert client.post(CONFIRM, {"code": code(key_of(ada))}).status_code == 302

"""The limit on guessing passwords, in the form and in its counts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from scans.accounts import guessing
from scans.accounts.guessing import ACCOUNT, ACCOUNT_AND_SOURCE, SOURCE, TooManyFailures
from scans.models import FailedLogins, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
RIGHT = "password"
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def ada():
    return factories.user("Viewer", "ada")


def log_in(name="ada", password=RIGHT, address=HERE, client=None, **headers):
    sent = {"username": name, "password": password}
    return (client or Client()).post(LOGIN, sent, REMOTE_ADDR=address, headers=headers)


def guess(times, **where):
    """The last of so many answers to wrong passwords."""
    return [log_in(password=f"wrong {number}", **where) for number in range(times)][-1]


def asked_from(address):
    return RequestFactory().post(LOGIN, REMOTE_ADDR=address)


def fail(name, address):
    guessing.begin(asked_from(address), name).failed()


def locked_for(name, address) -> timedelta:
    """How long the next attempt has to wait; nothing if it need not."""
    try:
        guessing.begin(asked_from(address), name)
    except TooManyFailures as refusal:
        return refusal.until - timezone.now()
    return timedelta(0)


def test_a_few_mistakes_are_free_and_then_even_the_right_password_waits(ada):
    assert guess(ACCOUNT_AND_SOURCE.free).status_code == 200
    answer = log_in()
    assert (answer.status_code, "_auth_user_id" in answer.client.session) == (429, False)
    assert 0 < int(answer["Retry-After"]) <= 30
    assert "Try again in 1 minute" in answer.content.decode()


def test_the_pause_ends_and_doubles_with_every_further_failure(ada, clock):
    guess(ACCOUNT_AND_SOURCE.free)
    pauses = []
    for _ in range(8):
        pauses.append(int(log_in()["Retry-After"]))
        clock.shift(timedelta(seconds=pauses[-1] + 1))
        guess(1)
    assert [round(pause, -1) for pause in pauses] == [30, 60, 120, 240, 480, 900, 900, 900]
    clock.shift(ACCOUNT_AND_SOURCE.longest)
    assert log_in()["Location"] == "/"


def test_asking_again_during_a_pause_does_not_prolong_it(ada, clock):
    guess(ACCOUNT_AND_SOURCE.free)
    guess(20)
    clock.shift(timedelta(seconds=31))
    assert log_in().status_code == 302


def test_the_admins_login_is_the_same_form_under_the_same_limit(ada):
    guess(ACCOUNT_AND_SOURCE.free)
    answer = Client().post("/admin/login/", {"username": "ada", "password": "password"}, REMOTE_ADDR=HERE, follow=True)
    assert answer.redirect_chain[-1][0].startswith(LOGIN) and not answer.context["user"].is_authenticated


def test_a_success_forgets_the_failures_of_this_account_here(ada):
    for _ in range(3):
        guess(ACCOUNT_AND_SOURCE.free - 1)
        assert log_in().status_code == 302
    assert not FailedLogins.objects.exclude(account="").exclude(source="").exists()


def test_an_unknown_name_is_locked_as_a_known_one(ada):
    assert [guess(ACCOUNT_AND_SOURCE.free + 1, name=name, address=at).status_code for name, at in
            [("ada", HERE), ("nobody", ELSEWHERE)]] == [429, 429]  # fmt: skip


def test_a_stranger_elsewhere_does_not_keep_the_owner_out(ada):
    for number in range(ACCOUNT.free + 5):
        fail("ada", f"198.51.100.{number}")
    assert log_in(address=HERE).status_code == 302


def test_many_machines_share_the_accounts_count_whose_pauses_are_short(ada, clock):
    for number in range(ACCOUNT.free + 5):
        fail("ada", f"198.51.100.{number}")
    assert timedelta(0) < locked_for("ada", "198.51.100.3") <= ACCOUNT.longest
    clock.shift(ACCOUNT.longest)
    assert not locked_for("ada", "198.51.100.3")


def test_a_browser_that_is_known_is_not_held_back_by_strangers_at_the_same_address(ada):
    known = Client()
    log_in(client=known)
    known.post("/accounts/logout/")
    guess(ACCOUNT_AND_SOURCE.free + 1)
    assert log_in().status_code == 429
    assert log_in(client=known).status_code == 302


def test_a_known_browser_may_not_guess_without_end_nor_for_another_account(ada):
    factories.user("Viewer", "bob")
    known = Client()
    log_in(client=known)
    known.post("/accounts/logout/")
    assert guess(ACCOUNT_AND_SOURCE.free + 1, client=known).status_code == 429
    guess(ACCOUNT_AND_SOURCE.free, name="bob")
    assert log_in("bob", client=known).status_code == 429


@pytest.mark.parametrize("forged", ["x", "WzFd:1:1", '["a","b"]', "ImFkYSI:1uPPLx:zzzz"])
def test_a_forged_cookie_is_an_unknown_browser(ada, forged):
    client = Client()
    client.cookies[guessing.COOKIE] = forged
    guess(ACCOUNT_AND_SOURCE.free)
    assert log_in(client=client).status_code == 429


def test_one_source_may_not_try_one_password_with_many_names(clock):
    for number in range(SOURCE.free):
        fail(f"name {number}", HERE)
    assert timedelta(0) < locked_for("ada", HERE) <= timedelta(seconds=30)
    assert not locked_for("ada", ELSEWHERE)
    clock.shift(SOURCE.forgotten_after + SOURCE.longest)
    assert not locked_for("ada", HERE)


def test_a_header_of_a_stranger_is_no_other_source_and_that_of_a_proxy_is(ada, settings):
    for number in range(ACCOUNT_AND_SOURCE.free):
        log_in(password="wrong", **{"X-Forwarded-For": f"203.0.113.{number}"})
    assert log_in(**{"X-Forwarded-For": "203.0.113.99"}).status_code == 429
    settings.SCANS_TRUSTED_PROXIES = [HERE]
    assert log_in(**{"X-Forwarded-For": "203.0.113.99"}).status_code == 302


def test_one_network_of_ipv6_is_one_source():
    for number in range(ACCOUNT_AND_SOURCE.free):
        fail("ada", f"2001:db8::{number}")
    assert locked_for("ada", "2001:db8::ffff") and not locked_for("ada", "2001:db8:0:1::1")


def test_attempts_count_before_their_password_is_looked_at():
    started = [guessing.begin(asked_from(HERE), "ada") for _ in range(ACCOUNT_AND_SOURCE.free)]
    assert locked_for("ada", HERE)
    started[0].succeeded()
    assert not FailedLogins.objects.filter(account=guessing._digest("ada"), source=HERE).exists()
    assert FailedLogins.objects.get(source="").failures == ACCOUNT_AND_SOURCE.free - 1


def test_old_counts_are_removed_and_no_name_is_kept(clock):
    fail("my-secret-owl", HERE)
    assert not any("owl" in f"{row.account}{row.source}" for row in FailedLogins.objects.all())
    clock.shift(guessing.KEPT_FOR + timedelta(minutes=1))
    fail("bob", ELSEWHERE)
    assert FailedLogins.objects.count() == 3


def test_unlocking_ends_the_pauses_of_account_and_sources_and_is_noted(ada):
    for _ in range(ACCOUNT_AND_SOURCE.free):
        fail("ada", HERE)
    for number in range(SOURCE.free - ACCOUNT_AND_SOURCE.free):
        fail(f"name {number}", HERE)
    assert locked_for("ada", HERE)
    assert guessing.unlock("ada", by=None) and not guessing.unlock("bob", by=None)
    assert not locked_for("ada", HERE)
    assert SecurityEvent.objects.filter(event="login.unlocked", subject="ada").count() == 1


def test_a_pause_is_noted_with_account_address_and_end(ada):
    guess(ACCOUNT_AND_SOURCE.free)
    event = SecurityEvent.objects.get(event="login.locked")
    assert (event.subject, event.address) == ("ada", HERE) and event.facts["until"]


@pytest.mark.parametrize("name", ["ada", "nobody", "idle", "by provider", "a\0"])
def test_every_name_costs_one_hash(ada, name, monkeypatch):
    factories.user("Viewer", "idle", is_active=False)
    other = factories.user("Viewer", "by provider")
    other.set_unusable_password()
    other.save()
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    assert log_in(name, "wrong").status_code == 200
    assert len(hashed) == (0 if "\0" in name else 1)


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_do_not_pass_beside_the_limit():
    def attempt(_):
        try:
            guessing.begin(asked_from(HERE), "ada")
        except TooManyFailures:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(16))) == ACCOUNT_AND_SOURCE.free

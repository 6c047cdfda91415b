"""A new password, and the end of other sessions, for every role."""

import pytest
from django.test import Client

from scans.accounts.guessing import ACCOUNT_AND_SOURCE
from scans.accounts.passwords import require_change
from scans.models import PersonSettings, SecurityEvent
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db
PAGE, NEW = "/settings/password/", "short-owl-42"


def change(client, old="password", new=NEW, again=None, **more):
    return client.post(PAGE, {"oldpassword": old, "password1": new, "password2": again or new, **more})


def can_log_in(user, password) -> bool:
    sent = {"username": user.username, "password": password}
    return Client().post("/accounts/login/", sent).status_code == 302


@pytest.fixture
def ada():
    return factories.user("Viewer", "ada")


@pytest.fixture
def browser(ada):
    client = Client()
    client.force_login(ada)
    return client


@pytest.mark.parametrize("role", ["", "Viewer", "Administrator"])
def test_everybody_changes_the_own_password_in_settings(role):
    person = factories.user(role)
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(person)
    assert f'href="{PAGE}"' in text(here.get("/settings/"))
    assert change(here)["Location"] == "/settings/"
    assert "Your password was changed." in text(here.get("/settings/"))
    assert there.get("/settings/").status_code == 302
    assert can_log_in(person, NEW) and not can_log_in(person, "password")
    assert SecurityEvent.objects.get(event="account.password_changed").subject == person.username


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("oldpassword", {"old": "wrong"}),
        ("password1", {"new": "elevenchars"}),
        ("password1", {"new": "Password2026!"}),
        ("password1", {"new": "123456789012"}),
        ("password2", {"again": "short-owl-43"}),
    ],
)
def test_a_wrong_entry_is_refused_beside_its_field(ada, browser, field, typed):
    answer = change(browser, **typed)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == [field]
    assert can_log_in(ada, "password")


def test_the_old_password_is_no_new_one(ada, browser):
    ada.set_password(NEW)
    ada.save()
    browser.force_login(ada)
    assert "Choose another one" in text(change(browser, old=NEW))


def test_guessing_the_current_password_is_limited_as_a_login(browser):
    answers = [change(browser, old="wrong").status_code for _ in range(ACCOUNT_AND_SOURCE.free + 1)]
    assert answers == [422] * ACCOUNT_AND_SOURCE.free + [429]


def test_a_required_change_is_over_when_it_is_made_and_leads_on(ada, browser, settings):
    settings.ONLY_ON_LOOPBACK = False
    require_change(ada)
    page = text(browser.get("/statuses/", follow=True))
    assert "Choose your own password" in page and 'name="next" value="/statuses/"' in page
    assert change(browser, next="/statuses/")["Location"] == "/statuses/"
    assert browser.get("/statuses/").status_code == 200
    assert not PersonSettings.objects.get(user=ada).must_change_password


def test_an_account_without_a_password_has_none_to_change(ada, browser):
    ada.set_unusable_password()
    ada.save()
    browser.force_login(ada)
    assert browser.get(PAGE)["Location"] == "/settings/"
    assert f'href="{PAGE}"' not in text(browser.get("/settings/"))


def test_the_admins_page_for_a_new_password_is_the_same(client):
    client.force_login(factories.user("Administrator", is_staff=True))
    assert client.get("/admin/password_change/")["Location"] == PAGE


def test_changing_and_ending_need_a_login_and_a_post(browser):
    for address in (PAGE, "/settings/end-other-sessions/"):
        assert Client().post(address)["Location"].startswith("/accounts/login/")
    assert browser.get("/settings/end-other-sessions/").status_code == 405


@pytest.mark.parametrize("address", ["//evil.example/", "https://evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_away_after_a_change(browser, address):
    assert change(browser, next=address)["Location"] == "/settings/"

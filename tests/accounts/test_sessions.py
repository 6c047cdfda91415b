"""The end of sessions, and the page that holds whoever must choose a new password."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.test import Client

from scans.accounts.passwords import require_change
from scans.accounts.sessions import ACTIVE, BEGAN, OTHERS_ENDED
from scans.accounts.sessions import POLL as POLL_HEADER
from scans.models import PersonSettings, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
POLL = {"HX-Request": "true", "X-Poll": "true"}
PAGE, PASSWORD = "/statuses/", "/settings/password/"


@pytest.fixture
def ada():
    return factories.user("Viewer", "ada")


def logged_in(user, **meta) -> Client:
    client = Client(**meta)
    client.force_login(user)
    return client


def is_in(client) -> bool:
    return client.get(PAGE).status_code == 200


def test_a_session_ends_after_twelve_hours_without_activity(ada, clock):
    client = logged_in(ada)
    for _ in range(3):
        clock.shift(timedelta(hours=11))
        assert is_in(client)
    clock.shift(timedelta(hours=12, minutes=1))
    answer = client.get(PAGE, follow=True)
    assert answer.redirect_chain[0][0] == f"/accounts/login/?next={PAGE}"
    assert "12 h without activity" in answer.content.decode()
    assert SESSION_KEY not in client.session


def test_pages_that_ask_by_themselves_keep_no_session_alive(ada, clock):
    client = logged_in(ada)
    for _ in range(12):
        clock.shift(timedelta(minutes=59))
        assert client.get(PAGE, headers=POLL).status_code in (200, 204)
    clock.shift(timedelta(minutes=30))
    answer = client.get(PAGE, headers=POLL)
    assert (answer["HX-Refresh"], answer.content) == ("true", b"")
    assert not is_in(client)


def test_a_session_ends_at_seven_days_whatever_the_person_does(ada, clock):
    client = logged_in(ada)
    for _ in range(16):
        clock.shift(timedelta(hours=10))
        assert is_in(client)
    clock.shift(timedelta(hours=9))
    answer = client.get(PAGE, follow=True)
    assert "the login was 7 d old" in answer.content.decode() and not is_in(client)


def test_both_times_are_settings(ada, clock, settings):
    settings.SCANS_SESSION_IDLE, settings.SCANS_SESSION_AGE = timedelta(hours=1), timedelta(hours=3)
    idle, old = logged_in(ada), logged_in(ada)
    clock.shift(timedelta(minutes=50))
    assert is_in(old)
    clock.shift(timedelta(minutes=20))
    assert is_in(old) and not is_in(idle)


def test_the_session_is_written_at_most_every_five_minutes(ada, clock, django_assert_num_queries):
    client = logged_in(ada)
    is_in(client)
    with django_assert_num_queries(3):
        is_in(client)
    clock.shift(timedelta(minutes=6))
    before = client.session[ACTIVE]
    assert is_in(client) and client.session[ACTIVE] > before


def test_a_session_of_an_older_version_gets_its_times_now(ada, clock):
    client = logged_in(ada)
    session = client.session
    for key in (BEGAN, ACTIVE, OTHERS_ENDED):
        del session[key]
    session.save()
    assert is_in(client) and client.session[BEGAN]
    clock.shift(timedelta(hours=13))
    assert not is_in(client)


def with_password(user, browser="curl/8") -> Client:
    """A browser in which this person has just logged in by the form."""
    client = Client(headers={"User-Agent": browser})
    client.post("/accounts/login/", {"username": user.username, "password": "password"})
    return client


def test_a_person_ends_all_other_sessions(ada):
    here, there, somebody = with_password(ada), logged_in(ada), logged_in(factories.user("Viewer"))
    answer = here.post("/settings/end-other-sessions/", follow=True)
    assert "All your other sessions were ended." in answer.content.decode()
    assert [is_in(here), is_in(there), is_in(somebody)] == [True, False, True]
    assert is_in(logged_in(User.objects.get(pk=ada.pk)))
    assert SecurityEvent.objects.get(event="login.others_ended").subject == "ada"


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126 Safari/537.36 Edg/126"


def test_a_person_sees_where_they_are_logged_in_and_ends_one(ada, clock):
    here, there, somebody = (
        with_password(ada, FIREFOX),
        with_password(ada, EDGE),
        with_password(factories.user("Viewer")),
    )
    page = here.get("/settings/").content.decode()
    assert page.count("data-session=") == 2 and "Firefox, Linux" in page and "Edge, Windows" in page
    assert page.count("This browser") == 1 and "127.0.0.1" in page
    login = UserSession.objects.get(session_key=there.session.session_key)
    assert somebody.post(f"/settings/sessions/{login.pk}/end/", follow=True).status_code == 200
    assert is_in(there), "Only the person may end it"
    clock.shift(timedelta(minutes=6))
    answer = here.post(f"/settings/sessions/{login.pk}/end/")
    assert answer["Location"].startswith("/accounts/confirm/") and is_in(there), "The login is confirmed first"
    here.post(answer["Location"], {"password": "password"}, follow=True)
    assert [is_in(here), is_in(there), is_in(somebody)] == [True, False, True]
    assert here.get("/settings/").content.decode().count("data-session=") == 1
    event = SecurityEvent.objects.get(event="login.one_ended")
    assert event.subject == "ada" and event.facts == {"browser": "Edge, Windows"}


def test_sessions_that_have_ended_are_not_listed(ada, clock):
    here, ended = with_password(ada), with_password(ada)
    ended.post("/accounts/logout/")
    with_password(ada)
    assert here.get("/settings/").content.decode().count("data-session=") == 2
    clock.shift(timedelta(hours=11))
    assert is_in(here)
    clock.shift(timedelta(hours=2))
    assert here.get("/settings/").content.decode().count("data-session=") == 1


def test_sessions_that_a_new_password_ended_are_not_listed(ada):
    here, there = with_password(ada), with_password(ada)
    assert here.get("/settings/").content.decode().count("data-session=") == 2
    new = "owls-fly-by-night-7"
    here.post(PASSWORD, {"oldpassword": "password", "password1": new, "password2": new})
    assert here.get("/settings/").content.decode().count("data-session=") == 1
    assert not is_in(there) and is_in(here)


@pytest.mark.parametrize("address", [PAGE, "/admin/", "/analyses/export.csv"])
def test_whoever_must_change_the_password_gets_nowhere_else(ada, settings, address):
    settings.ONLY_ON_LOOPBACK = False
    client = logged_in(ada)
    require_change(ada)
    assert client.get(f"{address}?a=1")["Location"].startswith(f"{PASSWORD}?next=")
    assert client.post(address)["Location"] == PASSWORD
    assert client.get(address, headers=POLL)["HX-Redirect"] == PASSWORD
    page = client.get(PASSWORD)
    assert page.status_code == 200 and "Later" not in page.content.decode()
    assert client.post("/accounts/logout/").status_code == 302


def test_on_loopback_the_change_may_wait(ada, settings):
    settings.ONLY_ON_LOOPBACK = True
    require_change(ada)
    client = Client()
    answer = client.post("/accounts/login/", {"username": "ada", "password": "password", "next": PAGE}, follow=True)
    assert answer.redirect_chain[0][0] == f"{PASSWORD}?next=%2Fstatuses%2F"
    assert f'href="{PAGE}">Later</a>' in answer.content.decode()
    assert is_in(client)
    assert PersonSettings.objects.get(user=ada).must_change_password


def test_the_pages_mark_what_they_ask_by_themselves():
    assert f'headers["{POLL_HEADER}"]' in (django_settings.BASE_DIR / "static/js/polling.js").read_text()


def test_a_login_gets_a_new_key_and_a_logout_ends_it_for_good(ada):
    client = Client()
    client.get("/accounts/login/")
    before = client.session.session_key
    client.post("/accounts/login/", {"username": "ada", "password": "password"})
    key = client.session.session_key
    assert key and key != before and len(key) >= 32
    client.post("/accounts/logout/")
    thief = Client()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = key
    assert not is_in(thief)


def test_an_account_that_is_switched_off_or_deleted_is_out_at_once(ada):
    client = logged_in(ada)
    assert is_in(client)
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert not is_in(client)
    eve = factories.user("Viewer", "eve")
    client = logged_in(eve)
    eve.delete()
    assert not is_in(client)


def test_cookies_are_closed_to_scripts_and_other_sites(ada):
    client = Client()
    client.post("/accounts/login/", {"username": "ada", "password": "password"})
    assert len(client.cookies) >= 3
    assert {cookie["samesite"] for cookie in client.cookies.values()} == {"Lax"}
    assert all(cookie["httponly"] for cookie in client.cookies.values())

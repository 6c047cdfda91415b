"""A database that stores nothing more, as SQLite on a full disk: pages that only read are shown all the same."""

from contextlib import contextmanager

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from scans.accounts import tokens
from scans.accounts.sessions import ACTIVE
from scans.models import ApiToken, Scope, SecurityEvent
from tests import factories
from tests.views.page import text

pytestmark = pytest.mark.django_db(transaction=True)  # SQLite undoes a transaction that finds the disk full
PAGES = [
    *("/", "/analyses/", "/analyses/?q=shop", "/analyses/new/", "/analyses/views/", "/analyses/export.csv"),
    *("/schedules/", "/statuses/", "/settings/", "/settings/workers/", "/settings/security-log/"),
    *(f"/analyses/{{pk}}/{page}" for page in ("", "findings/", "comparison/", "stop/", "delete/", "activity-log.csv")),
    *(f"/analyses/{{pk}}/scans/{{scan}}/{page}" for page in ("", "findings/", "coverage/", "log/", "configuration/")),
    "/analyses/{pk}/scans/{scan}/findings/{finding}/",
    *("/admin/", "/admin/scans/analysis/", "/admin/scans/urlscan/{scan}/change/"),
    "/api/v1/",
]


@pytest.fixture
def names():
    """The numbers of a published analysis, of its URL scan and of a finding."""
    scan = factories.published(name="Shop").url_scans.get()
    return {"pk": scan.analysis_id, "scan": scan.pk, "finding": scan.findings.first().pk}


@pytest.fixture
def administrator(names):
    """A client of an administrator, whose last activity has to be written."""
    client = Client()
    client.force_login(factories.user("Administrator", is_staff=True, is_superuser=True))
    session = client.session
    session[ACTIVE] -= 600
    session.save()
    return client


@contextmanager
def read_only():
    """Let the database refuse whatever would be written."""
    on, off = {
        "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
        "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(on)
        try:
            yield
        finally:
            cursor.execute(off)


@contextmanager
def full():
    """Let SQLite run out of pages as soon as a session is stored, as on a full disk."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE ballast (bytes BLOB)")
        cursor.execute(
            "CREATE TRIGGER loaded BEFORE UPDATE ON django_session "
            "BEGIN INSERT INTO ballast VALUES (zeroblob(50000000)); END"
        )
        most = cursor.execute("PRAGMA max_page_count").fetchone()[0]
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA max_page_count = {most}")
            cursor.execute("DROP TRIGGER loaded")
            cursor.execute("DROP TABLE ballast")


def test_every_page_can_be_read(names, administrator):
    with read_only():
        answers = {page: administrator.get(page.format(**names)) for page in PAGES}
        bodies = [b"".join(answer) for answer in answers.values()]
    assert {page: answer.status_code for page, answer in answers.items() if answer.status_code != 200} == {}
    assert all(bodies)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="The disk of a database server is not this host's")
def test_a_page_is_shown_on_a_full_disk_with_the_banner_that_says_so(administrator, settings, caplog):
    settings.SCANS_KEEP_FREE_MB = 10**9  # no disk has so much
    with full():
        answer = administrator.get("/analyses/")
    assert answer.status_code == 200 and "A disk is full" in text(answer)
    assert "OperationalError" in caplog.text and "the last activity of a session" in caplog.text
    before = Session.objects.get().get_decoded()[ACTIVE]
    assert administrator.get("/analyses/").status_code == 200
    assert Session.objects.get().get_decoded()[ACTIVE] > before  # stored once there is room


def test_a_session_that_ended_meanwhile_is_refused_and_not_begun_again(administrator, monkeypatch):
    load = SessionStore.load

    def load_before_it_ends(store):
        values = load(store)
        Session.objects.all().delete()
        return values

    monkeypatch.setattr(SessionStore, "load", load_before_it_ends)
    assert administrator.get("/statuses/").status_code == 400 and not Session.objects.exists()


def test_who_is_refused_is_told_why(names):
    client = Client()
    client.force_login(factories.user("Viewer"))
    with read_only():
        answer = client.get("/settings/security-log/")
    assert answer.status_code == 403 and not SecurityEvent.objects.filter(kind="refused").exists()


def test_programs_can_read(names):
    person = factories.user("Viewer", "ada")
    token, secret = tokens.make(person, "ci", tuple(Scope), 90, request=None)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    with read_only():
        answer = client.get("/api/v1/analyses/")
    assert answer.status_code == 200 and ApiToken.objects.get().last_used_at is None
    assert client.get("/api/v1/analyses/").status_code == 200 and ApiToken.objects.get().last_used_at

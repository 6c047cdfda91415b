"""/healthz and /readyz tell a machine the truth, whoever asks."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from scans.models import FullDisk, SystemPart
from scans.reasons import NO_REASON, Reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody():
    for kind in SystemPart.Kind:
        SystemPart.report(kind, f"{kind}-1")


def test_healthz_is_ok_for_anybody_and_sets_no_cookie(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert not answer.cookies
    assert "no-store" in answer.headers["Cache-Control"] and "default-src" in answer.headers["Content-Security-Policy"]


def test_healthz_costs_at_most_two_queries(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        client.get("/healthz")


def test_healthz_names_the_migration_that_is_not_applied(client):
    MigrationRecorder.Migration.objects.filter(app="sessions", name="0001_initial").delete()
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == ["sessions.0001_initial"]
    assert answer.json()["do"] == "manage.py migrate"


def test_healthz_says_when_the_database_cannot_be_reached(client, monkeypatch):
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", _refuse)
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert "database" in answer.json()["reason"]


def test_readyz_is_ok_when_every_part_was_seen(client, everybody):
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("kind", SystemPart.Kind.values)
def test_readyz_names_the_part_that_went_silent_and_how_to_start_it(client, everybody, kind):
    SystemPart.objects.filter(kind=kind).update(seen_at=timezone.now() - timedelta(seconds=31))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert list(answer.json()["start"]) == [kind]
    assert answer.json()["start"][kind].startswith("manage.py run_")


def test_readyz_says_that_a_disk_is_full_without_naming_it(client, everybody):
    FullDisk.report("worker-1", Reason("no_room", folder="/var/scans", free=3, needed=100))
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "disk is full" in answer.json()["reason"] and answer.json()["missing"][0]["do"]
    assert "worker-1" not in answer.text and "/var/scans" not in answer.text
    FullDisk.report("worker-1", NO_REASON)
    assert client.get("/readyz").status_code == 200


def test_readyz_says_when_the_database_cannot_be_read(client, monkeypatch):
    monkeypatch.setattr(SystemPart, "missing", _refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503 and "database" in answer.json()["reason"]


def test_readyz_lists_all_that_is_missing_at_once_each_with_what_to_do(client):
    told = client.get("/readyz").json()
    assert [lack["part"] for lack in told["missing"]] == SystemPart.Kind.values
    assert all(lack["reason"] in told["reason"] and lack["do"] for lack in told["missing"])


def test_readyz_is_in_english_whatever_the_browser_asks_for(client):
    told = client.get("/readyz", headers={"Accept-Language": "de"}).json()
    assert "Not seen lately: Scheduler." in told["reason"]


def test_readyz_costs_a_few_queries(client, everybody, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        client.get("/readyz")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_they_answer_under_whatever_name_they_are_asked_by_and_without_tls(settings, client, everybody, address):
    settings.SECURE_SSL_REDIRECT = True  # as behind a proxy; the container's own health check comes past it
    assert client.get(address, HTTP_HOST="somewhere.example").status_code == 200


def test_everything_else_answers_to_the_allowed_names_alone(client):
    assert client.get("/accounts/login/", HTTP_HOST="somewhere.example").status_code == 400


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client, address):
    assert client.post(address).status_code == 405


def _refuse(*args):
    raise OperationalError("connection refused")

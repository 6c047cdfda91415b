"""What is missing, as /readyz says it: each thing with what to do, and no name that is nobody's business."""

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder

from scans import installation
from scans.models import Installation, SystemPart
from scans.reasons import as_reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def everybody():
    for kind in SystemPart.Kind:
        SystemPart.report(kind, f"{kind}-1")


def test_readyz_names_migrations_that_are_missing_and_asks_no_table_then(client, monkeypatch):
    MigrationRecorder.Migration.objects.filter(app="sessions", name="0001_initial").delete()
    monkeypatch.setattr(SystemPart, "missing", _refuse)
    (lack,) = client.get("/readyz").json()["missing"]
    assert (lack["part"], lack["do"]) == ("migrations", "manage.py migrate") and "sessions.0001_initial" in lack[
        "reason"
    ]


@pytest.mark.parametrize("name", ["SCANS_SECRET_KEYS", "SECRET_KEY"])
def test_readyz_says_when_the_keys_are_others(client, everybody, settings, name):
    assert installation.problem() == ""  # the first start
    assert client.get("/readyz").status_code == 200
    other = "another-key" * 4
    setattr(settings, name, [other] if name.endswith("S") else other)
    (lack,) = client.get("/readyz").json()["missing"]
    assert lack["part"] == "keys" and name in f"{lack['reason']} {lack['do']}"


def test_readyz_says_when_the_storage_of_files_fails(client, everybody):
    installation.problem()
    Installation.note_storage(as_reason("bucket.example does not answer"))
    (lack,) = client.get("/readyz").json()["missing"]
    assert lack["part"] == "storage" and "bucket.example" not in str(lack)


def _refuse(*args):
    raise OperationalError("connection refused")

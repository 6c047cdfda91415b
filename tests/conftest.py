"""What all tests share: static files as they are, and a database whose append-only log can be emptied."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import TransactionTestCase

from scans import append_only

CHROMIUM = Path("/usr/bin/chromium")


def pytest_collection_modifyitems(items) -> None:
    """Skip browser tests, saying why, where there is no browser; unless a build says that they must run."""
    if CHROMIUM.exists() or os.environ.get("SCANS_REQUIRE_BROWSER"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="chromium is not installed: apt-get install chromium"))


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Static files as they are: no collectstatic before tests."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def _transactional_tests_keep_what_migrations_made(request):
    """Roles and settings are put back after a transactional test has emptied the tables."""
    if {"transactional_db", "live_server"} & set(request.fixturenames):
        request.getfixturevalue("django_db_serialized_rollback")


@pytest.fixture(autouse=True)
def _log_can_be_emptied_after_transactional_tests(monkeypatch):
    """Such a test empties every table at its end; the log's triggers would rightly refuse that."""
    flush = TransactionTestCase._fixture_teardown
    editor = SimpleNamespace(connection=connection)

    def flush_without_triggers(self):
        append_only.remove(None, editor)
        try:
            flush(self)
        finally:
            append_only.install(None, editor)

    monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", flush_without_triggers)

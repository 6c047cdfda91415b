"""Fixtures that all tests share: browsers, a clock, and a database whose append-only log can be emptied."""

import faulthandler
import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, TransactionTestCase, override_settings
from django.utils import translation

from scans.database import append_only, status_counts
from tests import factories, migrated
from tests.artifacts.hosts import down, on, remote  # noqa: F401 - fixtures

# A busy machine is no failure: no example is too slow. The fast tests try fewer examples.
patient = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("patient", patient)
hypothesis.settings.register_profile("fast", patient, max_examples=20)
hypothesis.settings.load_profile("patient")
CHROMIUM = Path(settings.SCANS_CHROMIUM or "/no/chromium")
SECONDS_TO_CLEAN_UP = 120


def pytest_itemcollected(item) -> None:
    """Have what migrations made (roles, settings) put back after each test that empties the tables."""
    marker = item.get_closest_marker("django_db")
    if "live_server" in item.fixturenames or (marker and marker.kwargs.get("transaction")):
        item.add_marker(pytest.mark.django_db(transaction=True, serialized_rollback=True), append=False)


def pytest_make_parametrize_id(val, argname) -> str | None:
    """Name a test by no bytes: compressed ones hold the time, and processes that disagree about names run nothing."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items) -> None:
    """Skip browser tests, saying why, where there is no browser; unless a build says that they must run."""
    if CHROMIUM.exists() or os.environ.get("SCANS_REQUIRE_BROWSER"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium found: apt-get install chromium-headless-shell"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown():
    """End this process, saying where it stands, if cleaning up hangs: no time-out is left for that once one struck.

    What waits for it goes to another process then: one browser that hangs costs one test, not the whole run.
    """
    faulthandler.dump_traceback_later(SECONDS_TO_CLEAN_UP, exit=True, file=sys.__stderr__)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def at_one_moment():
    """The clock stands: a code that an app shows is not over before it is sent, however busy the machine is."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


@pytest.fixture(scope="session")
def migrated_database(request, django_db_use_migrations) -> Path | None:
    """The file of the migrated database that is kept between runs; None on PostgreSQL and where nothing is kept."""
    cache = getattr(request.config, "cache", None)
    if connection.vendor != "sqlite" or not django_db_use_migrations or cache is None:
        return None
    return migrated.file_in(cache.mkdir("migrated"))


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, django_db_modify_db_settings, migrated_database) -> bool:
    """Whether the database of the tests is there already: a copy of the kept one is."""
    return django_db_keepdb or (
        migrated_database is not None
        and migrated.copy(migrated_database, settings.DATABASES["default"]["TEST"]["NAME"])
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, migrated_database) -> None:
    """Keep the database that this run migrated, if an earlier run did not."""
    if migrated_database is not None and not migrated_database.exists():
        migrated.keep(connection.settings_dict["NAME"], migrated_database)


@pytest.fixture
def as_role(db):
    """A function from a role's name to a client logged in with it; "" is an account without a role."""

    def log_in(role: str = "Submitter", **fields) -> Client:
        client = Client()
        client.force_login(factories.user(role, **fields))
        return client

    return log_in


@pytest.fixture
def htmx_headers():
    """What htmx sends along."""
    return {"HX-Request": "true"}


@pytest.fixture
def imported_flat(monkeypatch):
    """A function that imports the module in this file by its bare name, as a child process does."""
    names = []

    def load(file: Path):
        monkeypatch.syspath_prepend(str(file.parent))
        monkeypatch.delitem(sys.modules, file.stem, raising=False)
        names.append(file.stem)
        return import_module(file.stem)

    yield load
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture
def clock():
    """The clock of this process, which ticks and can be moved: `clock.shift(timedelta)`, `clock.move_to(moment)`."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="module")
def written_once(django_db_setup, django_db_blocker):
    """What fixtures of a module write after this one is there for all its tests, and rolled back after the last."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _only_marked_tests_start_processes(request, monkeypatch):
    """Keep `make test-fast` fast: a test that starts a process has to say so."""
    if {"process", "engine", "browser"} & request.keywords.keys():
        return

    def refuse(*args, **values):
        pytest.fail("This test starts a process: mark it with pytest.mark.process.")

    monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.fixture(autouse=True, scope="session")
def _without_access_log():
    """Keep the access log out of what tests read as the output of a command."""
    logging.getLogger("dashboard.access").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _english_again():
    """A request leaves its language in force until the thread's next one; no test may begin in it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _time_passes_where_a_test_moves_the_clock():
    """It is no clock that is off, which the database's would correct; database/test_clock.py has such clocks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scans.database.clock.is_off", lambda ahead: False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests():
    """Static files as they are: no collectstatic before tests. Passwords hashed at no cost: a real one takes 0.3 s.

    No row is kept: databases of tests give ids again.
    """
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain},
        CACHES={**settings.CACHES, "rows": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def _transactional_tests_leave_the_database_as_migrations_made_it():
    """Such a test empties every table at its end: the log's triggers would rightly refuse that, others count it.

    What migrations wrote is put back then, and not only before the next such test, so that tests may come in any order.
    """
    flush = TransactionTestCase._fixture_teardown
    editor = SimpleNamespace(connection=connection)

    def flush_and_put_back(self):
        append_only.remove(None, editor)
        append_only.remove_security(None, editor)
        status_counts.remove(connection)
        try:
            flush(self)
        finally:
            append_only.install(None, editor)
            append_only.let_expired_go(None, editor)
            append_only.install_security(None, editor)
            status_counts.install(connection)
        connection.creation.deserialize_db_from_string(connection._test_serialized_contents)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", staticmethod(lambda: None))  # it is all there already
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_and_put_back)
        yield

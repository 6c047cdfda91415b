"""A process that others depend on waits for no lock for long."""

import threading

import pytest
from django.db import Error, OperationalError, connection, transaction
from django.db.backends.signals import connection_created

from scans.database import sessions
from scans.models import ScanSettings
from tests.eventually import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bounded(monkeypatch):
    """As a scheduler that waits for a tenth of a second, for the time of a test."""
    monkeypatch.setattr(sessions, "SECONDS_FOR_A_LOCK", 0.1)
    monkeypatch.setattr(sessions, "SECONDS_WITHOUT_A_WORD", 0.1)
    sessions.bound_waiting()
    yield
    connection_created.disconnect(dispatch_uid="bound_waiting")
    connection.close()


def test_a_lock_is_not_waited_for_any_longer(bounded):
    held, tried = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            ScanSettings.locked()
            held.set()
            tried.wait(20)

    def write():
        held.wait(20)
        try:
            ScanSettings.objects.update(capacity=5)
        finally:
            tried.set()

    # Else PostgreSQL ends the one that holds it, as in the next test
    sessions.SECONDS_WITHOUT_A_WORD = 60
    _, failed = at_once(hold, write)
    assert isinstance(failed, OperationalError)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no server that could end a transaction")
def test_a_process_that_falls_silent_in_a_transaction_loses_its_locks(bounded):
    connection.close()
    with pytest.raises(Error), transaction.atomic():
        ScanSettings.locked()
        assert at_once(_wait_and_write) == [1]
        ScanSettings.objects.update(capacity=5)
    connection.close()
    assert ScanSettings.objects.get().capacity == 7


def _wait_and_write() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 20000")
    return ScanSettings.objects.update(capacity=7)

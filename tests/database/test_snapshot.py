"""What is read in a snapshot stays as it was, and no writer waits for it."""

import threading

import pytest
from django.db import connection

from scans.database.snapshot import snapshot
from scans.models import Analysis, ScanSettings
from tests import factories


def change_capacity() -> None:
    """Write from another connection, which would fail at once if it had to wait."""

    def write() -> None:
        ScanSettings.objects.update(capacity=77)
        connection.close()

    writing = threading.Thread(target=write)
    writing.start()
    writing.join()


@pytest.mark.django_db(transaction=True)
def test_what_another_writes_meanwhile_is_not_seen():
    with snapshot():
        before = ScanSettings.current().capacity
        change_capacity()
        assert ScanSettings.current().capacity == before
    assert ScanSettings.current().capacity == 77


@pytest.mark.django_db(transaction=True)
def test_after_a_snapshot_transactions_write_as_before():
    usual = getattr(connection, "transaction_mode", None)
    with pytest.raises(ZeroDivisionError), snapshot():
        raise ZeroDivisionError
    assert getattr(connection, "transaction_mode", None) == usual
    factories.scheduled()


@pytest.mark.django_db
def test_inside_a_transaction_its_own_changes_are_seen():
    factories.scheduled()
    with snapshot():
        assert Analysis.objects.count() == 1

"""Patience with a database that fails for a while."""

from time import monotonic

import pytest
from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, transaction

from scans.database import patience
from scans.database.patience import if_possible
from scans.models import ScanSettings

pytestmark = pytest.mark.django_db(transaction=True)


class Failing:
    """Work that fails with these errors, one after the other, and then returns its number of calls."""

    def __init__(self, *errors):
        self.errors, self.calls = list(errors), 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return self.calls


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(patience, "SHORTEST_PAUSE", 0)


def test_work_is_tried_again_over_a_new_connection_until_the_database_answers():
    work = Failing(OperationalError("database is locked"), InterfaceError("connection already closed"))
    assert patience.patiently(work, lambda: monotonic() + 60) == 3


def test_patience_ends_with_the_error():
    with pytest.raises(OperationalError, match="away"):
        patience.patiently(Failing(OperationalError("away")), lambda: monotonic() - 1)


@pytest.mark.parametrize("error", [DataError("out of range"), IntegrityError("twice"), ValueError("ours")])
def test_what_would_fail_again_is_not_tried_again(error):
    work = Failing(error)
    with pytest.raises(type(error)):
        patience.patiently(work, lambda: monotonic() + 60)
    assert work.calls == 1 and not patience.may_pass(error)


def test_a_part_of_a_transaction_is_not_tried_again_without_the_rest():
    work = Failing(OperationalError("cut"))
    with pytest.raises(OperationalError), transaction.atomic():
        patience.patiently(work, lambda: monotonic() + 60)
    assert work.calls == 1


def test_what_an_answer_can_do_without_fails_with_a_line_in_the_log(caplog):
    def fails():
        ScanSettings.objects.update(capacity=77)
        raise OperationalError("database or disk is full")

    if_possible(fails, "the owl")
    assert ScanSettings.objects.get().capacity != 77
    assert "not written: the owl" in caplog.text and "disk is full" not in caplog.text
    if_possible(lambda: ScanSettings.objects.update(capacity=77), "the owl")
    assert ScanSettings.objects.get().capacity == 77


@pytest.mark.parametrize("mistake", [IntegrityError, ZeroDivisionError])
def test_our_own_mistakes_are_raised(mistake):
    def fails():
        raise mistake

    with pytest.raises(mistake):
        if_possible(fails, "the owl")

"""The row of the installation notes whether the storage works."""

import pytest

from scans.models import Installation
from scans.reasons import Reason

pytestmark = pytest.mark.django_db


def test_a_failure_is_noted_with_its_beginning_and_its_latest_reason():
    row = Installation.objects.create(pk=1, identity="one", key_mark="")
    Installation.note_storage(Reason("storage_silent"))
    row.refresh_from_db()
    began = row.storage_failed_at
    Installation.note_storage(Reason("storage_no_bucket"))
    row.refresh_from_db()
    assert began and row.storage_failed_at == began and row.storage_problem.code == "storage_no_bucket"
    Installation.note_storage()
    row.refresh_from_db()
    assert row.storage_failed_at is None and not row.storage_problem


def test_before_the_first_start_there_is_none_and_nothing_to_note():
    assert Installation.current() is None
    Installation.note_storage(Reason("storage_silent"))

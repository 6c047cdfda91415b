"""Many are written without indexes, which are all there again afterwards."""

import pytest
from django.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, connection
from django.utils import timezone

from scans.analysis_list import search
from scans.maintenance.recount import recount
from scans.models import ActivityLogEntry, Analysis
from scans.sample_data import loading
from tests.sample_data.making import made_with

pytestmark = pytest.mark.django_db
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s ORDER BY 1",
    "postgresql": "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = %s",
}


def rules_of(table):
    """Every index and constraint of a table, and its triggers, as the database has them."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
        cursor.execute(TRIGGERS[connection.vendor], [table])
        return found, cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_many_are_written_without_indexes_and_every_rule_is_there_again_afterwards(monkeypatch):
    before = [rules_of(table) for table in loading.TABLE_NAMES]
    told = []
    monkeypatch.setattr(loading, "MANY", 50)
    loading.create(60, seed=7, now=timezone.now(), tell=told.append)
    assert any("analysis_list_changed" in statement for statement in told)
    assert not list(recount())
    assert search.hits("portal", 100).ids
    assert [rules_of(table) for table in loading.TABLE_NAMES] == before
    assert made_with(1)
    with pytest.raises(DatabaseError, match="append-only"):
        ActivityLogEntry.objects.all()._raw_delete(DEFAULT_DB_ALIAS)


@pytest.mark.django_db(transaction=True)
def test_rows_that_break_a_rule_are_found_at_the_end_and_nothing_is_kept(monkeypatch):
    before = [rules_of(table) for table in loading.TABLE_NAMES]
    monkeypatch.setattr(loading, "MANY", 50)
    monkeypatch.setattr(loading.sql, "INSERTS", [sql for sql in loading.sql.INSERTS if "scans_series" not in sql])
    with pytest.raises(IntegrityError):
        loading.create(60, seed=7, now=timezone.now())
    assert not Analysis.objects.exists()
    assert [rules_of(table) for table in loading.TABLE_NAMES] == before

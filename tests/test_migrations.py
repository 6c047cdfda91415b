"""Migrations of large tables: they fill in what the product keeps, and PostgreSQL keeps answering meanwhile."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from scans.database.concurrent_indexes import AddIndexOnline
from scans.maintenance.recount import recount
from scans.models import Analysis, AnalysisSearch, StatusCount
from tests.maintenance.test_recount import everything_that_happens

pytestmark = pytest.mark.django_db


def migration(name: str):
    return import_module(f"scans.migrations.{name}")


def test_what_migrations_fill_in_is_what_is_kept(monkeypatch):
    everything_that_happens()
    Analysis.objects.update(urls=0, findings_all=0, findings_shown=0, run_time=None)
    AnalysisSearch.objects.all().delete()
    StatusCount.objects.all().delete()
    monkeypatch.setattr(migration("0007_list_indexes"), "BATCH", 3)
    monkeypatch.setattr(migration("0008_search_texts"), "BATCH", 3)
    editor = SimpleNamespace(connection=connection)
    migration("0005_status_counts").install(apps, editor)
    with connection.cursor() as cursor:  # as the column was called when these migrations were written
        cursor.execute("ALTER TABLE scans_analysis RENAME COLUMN run_time TO ran")
        before_names = MigrationLoader(connection).project_state(("scans", "0019_schedule_switched_on")).apps
        migration("0007_list_indexes").fill_in(before_names, editor)
        cursor.execute("ALTER TABLE scans_analysis RENAME COLUMN ran TO run_time")
    migration("0008_search_texts").fill_in(apps, editor)
    assert list(recount()) == []


@pytest.mark.parametrize("name", ["0007_list_indexes", "0009_search_index"])
def test_large_indexes_are_made_outside_of_a_transaction(name):
    assert migration(name).Migration.atomic is False
    plain = [
        operation
        for operation in migration(name).Migration.operations
        if isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexOnline)
    ]
    assert plain == []

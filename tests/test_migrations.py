"""Migrations of large tables: they fill in what the product keeps, and PostgreSQL keeps answering meanwhile."""

import sqlite3
from contextlib import closing
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader

from scans.database.concurrent_indexes import AddIndexOnline
from scans.maintenance.recount import recount
from scans.models import Analysis, AnalysisSearch, StatusCount
from tests import migrated
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


def test_a_migrated_database_is_kept_in_place_of_older_ones_and_copied(tmp_path):
    folder, database = tmp_path / "kept", tmp_path / "database"
    folder.mkdir()
    (folder / "older.sqlite3").touch()
    kept = migrated.file_in(folder)
    assert migrated.copy(kept, tmp_path / "copy") is False
    with closing(sqlite3.connect(database)) as open_database:
        open_database.execute("CREATE TABLE owl AS SELECT 7 AS age")
        open_database.commit()
        migrated.keep(database, kept)
    assert list(folder.iterdir()) == [kept]
    assert migrated.copy(kept, tmp_path / "copy") is True
    with closing(sqlite3.connect(tmp_path / "copy")) as copied:
        assert copied.execute("SELECT age FROM owl").fetchall() == [(7,)]


def test_another_migration_is_another_kept_database(tmp_path, monkeypatch):
    (tmp_path / "migrations").mkdir()
    monkeypatch.setattr(migrated, "ROOT", tmp_path)
    monkeypatch.setattr(migrated, "SOURCES", ("migrations",))
    names = set()
    for text in ("1", "2"):
        (tmp_path / "migrations" / "0001.py").write_text(text)
        names.add(migrated.file_in(tmp_path))
    assert len(names) == 2

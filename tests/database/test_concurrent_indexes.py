"""Indexes that are added without blocking writes."""

from types import SimpleNamespace

from django.apps import apps
from django.db import models
from django.db.migrations.state import ProjectState

from scans.database.concurrent_indexes import AddIndexOnline


class Editor:
    """A schema editor of PostgreSQL that only notes what it is asked for."""

    connection = SimpleNamespace(vendor="postgresql")

    def __init__(self):
        self.asked = []

    def quote_name(self, name: str) -> str:
        return f'"{name}"'

    def execute(self, statement: str) -> None:
        self.asked.append(statement)

    def add_index(self, model, index, concurrently: bool) -> None:
        self.asked.append((model._meta.db_table, index.name, concurrently))


def test_an_index_is_made_concurrently_and_what_a_failure_left_is_dropped_before():
    state, editor = ProjectState.from_apps(apps), Editor()
    index = models.Index(fields=["depth"], name="by_depth")
    AddIndexOnline("analysis", index).database_forwards("scans", editor, state, state)
    assert editor.asked == [
        'DROP INDEX CONCURRENTLY IF EXISTS "by_depth"',
        ("scans_analysis", "by_depth", True),
    ]

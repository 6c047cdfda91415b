"""A migration operation that adds an index to a large PostgreSQL table without blocking writes."""

from django.db.migrations.operations import AddIndex


class AddIndexOnline(AddIndex):
    """Add an index: concurrently on PostgreSQL, as usual on SQLite.

    The migration has to be `atomic = False`. It can be run again after a failure.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        # A failed attempt leaves an invalid index of the same name.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)

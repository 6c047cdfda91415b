"""Making an index without holding up whoever writes meanwhile: for migrations of a large PostgreSQL."""

from django.db.migrations.operations import AddIndex


class AddIndexOnline(AddIndex):
    """Concurrently on PostgreSQL, plainly elsewhere. Its migration is not atomic, and may be run again."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state) -> None:
        """Make the index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        # What an attempt that failed has left is not valid, and in the way.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)

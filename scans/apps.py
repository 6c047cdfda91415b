"""The product's one Django app."""

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from scans.database import search_index, status_counts


class ScansConfig(AppConfig):
    """Registers the models, the checks that `manage.py check` runs, and the triggers of the database."""

    name = "scans"
    verbose_name = "Dynamic Analyses"

    def ready(self) -> None:
        """Load the system checks; put triggers back after each migration."""
        from scans import checks  # noqa: F401, PLC0415 - Django registers checks when this is imported

        post_migrate.connect(_put_triggers_back, sender=self)


def _put_triggers_back(using: str, **kwargs) -> None:
    """SQLite loses a table's triggers when a migration changes the table: Django makes it anew."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if "scans_statuscount" in tables:
        status_counts.install(connection)
    if "scans_searchgrams" in tables:
        search_index.install_triggers(connection)

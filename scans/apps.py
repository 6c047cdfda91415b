"""The product's one Django app."""

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from scans.database import search_index, status_counts, webhook_outbox


class ScansConfig(AppConfig):
    """Registers the models, the checks that `manage.py check` runs, and the triggers of the database."""

    name = "scans"
    verbose_name = _("Dynamic Analyses")

    def ready(self) -> None:
        """Load the system checks; restore triggers after each migration."""
        from scans import checks  # noqa: F401, PLC0415 - Django registers checks when this is imported

        post_migrate.connect(_restore_triggers, sender=self)


def _restore_triggers(using: str, **kwargs) -> None:
    """A migration that changes a table on SQLite drops its triggers, because Django creates the table again."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if "scans_statuscount" in tables:
        status_counts.install(connection)
    if "scans_searchgrams" in tables:
        search_index.install_triggers(connection)
    if "scans_webhook" in tables and "scans_webhookevent" in tables:
        webhook_outbox.install(connection)

"""The index that Find asks; on PostgreSQL made while others write."""

from django.db import migrations

from scans.database import search_index


def install(apps, schema_editor):
    """Make it."""
    search_index.install(schema_editor.connection)


def remove(apps, schema_editor):
    """Drop it."""
    search_index.remove(schema_editor.connection)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0008_search_texts")]
    operations = [migrations.RunPython(install, remove)]

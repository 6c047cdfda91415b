"""The list can be narrowed down to what an engine scanned, made without blocking PostgreSQL."""

from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0011_saved_views")]
    operations = [
        AddIndexOnline(
            "urlscan", models.Index(fields=["engine", "engine_version", "analysis"], name="url_scan_by_engine")
        ),
    ]

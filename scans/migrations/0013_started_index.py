"""The index of starts holds only what has started: SQLite took it for what has not, and sorted all of that."""

from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline

STARTED = models.Q(deleted_at__isnull=True) & models.Q(started_at__isnull=False)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0012_engine_index")]
    operations = [
        AddIndexOnline(
            "analysis", models.Index(fields=["status", "started_at", "id"], name="analysis_list_begun", condition=STARTED)
        ),
        migrations.RemoveIndex("analysis", "analysis_list_started"),
    ]

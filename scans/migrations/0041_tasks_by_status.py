"""The index along which unfinished, failed and old tasks are found, however many have finished."""

from django.db import migrations

NAME, TABLE = "scans_tasks_by_status", "django_tasks_database_dbtaskresult"


class Migration(migrations.Migration):
    dependencies = [
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
        ("scans", "0040_scheduling_indexes"),
    ]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX IF NOT EXISTS {NAME} ON {TABLE} (status, finished_at)", f"DROP INDEX IF EXISTS {NAME}"
        )
    ]

"""The index along which tasks are found that finished long ago, however many there are."""

from django.db import migrations

NAME, TABLE = "task_by_end", "django_tasks_database_dbtaskresult"


class Migration(migrations.Migration):
    dependencies = [
        ("django_tasks_database", "0021_conditional_partial_index_ordering"),
        ("scans", "0045_workers_in_security_log"),
    ]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX IF NOT EXISTS {NAME} ON {TABLE} (status, finished_at)", f"DROP INDEX IF EXISTS {NAME}"
        )
    ]

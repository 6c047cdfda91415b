"""The indexes along which rows are found that must have a task, and the tasks themselves by their status.

Deleted analyses whose data was never removed, because the task was lost, get their mark.
"""

from django.db import migrations, models
from django.db.models import Exists, OuterRef
from django.utils import timezone

from scans.database.concurrent_indexes import AddIndexOnline


def ask_for_removal(apps, schema_editor):
    """Mark deleted analyses that still have data."""
    scans = apps.get_model("scans", "UrlScan").objects.filter(analysis=OuterRef("pk"))
    left = Exists(scans.filter(findings__isnull=False)) | Exists(scans.filter(checks__isnull=False))
    deleted = apps.get_model("scans", "Analysis").objects.filter(deleted_at__isnull=False, removal_asked_at=None)
    deleted.filter(left).update(removal_asked_at=timezone.now())


def _of(field):
    return models.Index(
        fields=[f"{field}_at"], name=f"analysis_{field}", condition=models.Q(**{f"{field}_at__isnull": False})
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0043_owed_tasks"), ("django_tasks_database", "0021_conditional_partial_index_ordering")]
    operations = [
        AddIndexOnline("analysis", _of("prescan_asked")),
        AddIndexOnline("analysis", _of("removal_asked")),
        AddIndexOnline("analysis", _of("removal_failed")),
        AddIndexOnline(
            "bulkitem",
            models.Index(fields=["bulk"], name="bulk_item_waiting", condition=models.Q(outcome="waiting")),
        ),
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS task_by_status ON django_tasks_database_dbtaskresult (status, task_path)",
            "DROP INDEX IF EXISTS task_by_status",
        ),
        migrations.RunPython(ask_for_removal, migrations.RunPython.noop, elidable=True),
    ]

"""The kept count of analyses per status: one pass over all analyses to begin with (about a second for a million)."""

from django.db import migrations, models
from django.db.models import Count

from scans.database import status_counts


def install(apps, schema_editor):
    """Create the triggers first: they hold writers up until the analyses are counted."""
    status_counts.install(schema_editor.connection)
    present = apps.get_model("scans", "Analysis").objects.filter(deleted_at__isnull=True).order_by()
    status_count = apps.get_model("scans", "StatusCount")
    counts = present.values_list("status").annotate(Count("pk"))
    status_count.objects.bulk_create(status_count(status=status, count=count) for status, count in counts)


def remove(apps, schema_editor):
    """Drop the triggers."""
    status_counts.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("scans", "0004_person_settings")]
    operations = [
        migrations.CreateModel(
            name="StatusCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("status", models.CharField(max_length=60)),
                ("count", models.IntegerField()),
            ],
        ),
        migrations.RunPython(install, remove),
    ]

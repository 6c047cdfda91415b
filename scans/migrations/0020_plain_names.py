"""Columns get the names of the field: slots of capacity, run time, runs made, the reason a schedule was switched off."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("scans", "0019_schedule_switched_on")]
    operations = [
        migrations.RemoveIndex("urlscan", "url_scan_placed"),
        migrations.RenameField("urlscan", "place_since", "slot_since"),
        migrations.AddIndex(
            "urlscan",
            models.Index(fields=["slot_since"], name="url_scan_slot", condition=Q(slot_since__isnull=False)),
        ),
        migrations.RemoveIndex("analysis", "analysis_list_ran"),
        migrations.RenameField("analysis", "ran", "run_time"),
        migrations.AddIndex(
            "analysis",
            models.Index(
                fields=["status", "run_time", "id"],
                name="analysis_list_run_time",
                condition=Q(deleted_at__isnull=True) & Q(run_time__isnull=False),
            ),
        ),
        migrations.RenameField("recurringschedule", "made", "runs_made"),
        migrations.RenameField("recurringschedule", "switched_off_because", "switched_off_reason"),
    ]

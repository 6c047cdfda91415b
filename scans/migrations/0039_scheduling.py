"""The lead of a scheduler, and since when analyses wait for capacity."""

from django.db import migrations, models
from django.db.models import Min, Q
from django.db.models.functions import Coalesce


def make_lead(apps, schema_editor) -> None:
    """Make the one row."""
    apps.get_model("scans", "SchedulerLead").objects.get_or_create(pk=1)


def note_waiting(apps, schema_editor) -> None:
    """Note of the analyses that wait for capacity now since when they do: never many."""
    waiting = apps.get_model("scans", "UrlScan").objects.filter(
        status__in=["queued_with_warning", "resuming"], slot_since=None, lease_holder=""
    )
    rows = waiting.order_by().values_list("analysis_id").annotate(since=Min(Coalesce("queued_at", "status_at")))
    analyses = apps.get_model("scans", "Analysis").objects
    for analysis, since in list(rows):
        analyses.filter(pk=analysis).update(waiting_since=since)


class Migration(migrations.Migration):
    dependencies = [
        ("scans", "0038_open_of_owner"),
    ]
    operations = [
        migrations.CreateModel(
            name="SchedulerLead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("holder", models.CharField(blank=True, max_length=64, verbose_name="leading scheduler")),
                ("since", models.DateTimeField(null=True, verbose_name="since")),
                ("until", models.DateTimeField(null=True, verbose_name="until")),
            ],
            options={
                "verbose_name": "lead of a scheduler",
                "verbose_name_plural": "lead of a scheduler",
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=Q(pk=1), name="scheduler_lead_one_row")],
            },
        ),
        migrations.RunPython(make_lead, migrations.RunPython.noop),
        migrations.AddField(
            "analysis",
            "waiting_since",
            models.DateTimeField(
                editable=False,
                help_text=(
                    "When the longest waiting of its URL scans was queued, of those that wait for a capacity slot."
                ),
                null=True,
                verbose_name="waits for capacity since",
            ),
        ),
        migrations.RunPython(note_waiting, migrations.RunPython.noop),
    ]

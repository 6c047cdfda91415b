"""What the retention policy walks along, made without blocking PostgreSQL."""

from django.db import migrations
from django.db.models import F, Index, Q

from scans.database.concurrent_indexes import AddIndexOnline

ENDED = Q(ended_at__isnull=False)
PRESENT = Q(deleted_at__isnull=True)
LOG_KEPT = Q(log_expired_at__isnull=True) | Q(log_expired_at__lt=F("changed_at"))


def end_the_deleted(apps, schema_editor):
    """What was deleted before it ever ran has ended with that, as it does from now on."""
    deleted = apps.get_model("scans", "Analysis").objects.filter(deleted_at__isnull=False, ended_at=None)
    deleted.update(ended_at=F("deleted_at"))


def old(field, name, kept):
    """As models.analysis has them."""
    return AddIndexOnline("analysis", Index(fields=[field, "id"], name=name, condition=ENDED & kept))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0016_retention")]
    operations = [
        migrations.RunPython(end_the_deleted, migrations.RunPython.noop),
        old("ended_at", "analysis_old_runs", PRESENT),
        old("ended_at", "analysis_old_evidence", PRESENT & Q(evidence_expired_at__isnull=True)),
        old("ended_at", "analysis_old_screenshots", PRESENT & Q(screenshots_expired_at__isnull=True)),
        old("changed_at", "analysis_old_logs", LOG_KEPT),
    ]

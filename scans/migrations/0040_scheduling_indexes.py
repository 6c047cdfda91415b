"""The indexes along which the scheduler looks, so that a look reads few rows however many wait."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from scans.database.concurrent_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("scans", "0039_scheduling"),
    ]
    operations = [
        AddIndexOnline(
            "analysis",
            models.Index(
                fields=["waiting_since", "id", "owner"],
                name="analysis_waiting",
                condition=Q(waiting_since__isnull=False),
            ),
        ),
        AddIndexOnline(
            "analysis",
            models.Index(
                fields=["blackout_since"], name="analysis_in_blackout", condition=Q(blackout_since__isnull=False)
            ),
        ),
        AddIndexOnline(
            "analysis",
            models.Index(
                fields=["status", "expires_at"],
                name="analysis_expiring",
                condition=Q(expires_at__isnull=False, ended_at__isnull=True),
            ),
        ),
    ]

"""The index along which the open analyses of a person are counted."""

from django.conf import settings
from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("scans", "0037_limits"),
    ]
    operations = [
        AddIndexOnline(
            "analysis",
            models.Index(
                fields=["owner", "submitted_at", "urls"],
                name="analysis_open_of_owner",
                condition=models.Q(deleted_at__isnull=True, ended_at__isnull=True),
            ),
        ),
    ]

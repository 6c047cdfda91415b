"""The index along which URL scans are found that wait for a worker of their zone."""

from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0053_unserved")]
    operations = [
        AddIndexOnline(
            "urlscan",
            models.Index(
                fields=["zone"], name="url_scan_unserved", condition=models.Q(unserved_since__isnull=False)
            ),
        ),
    ]

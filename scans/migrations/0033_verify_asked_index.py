"""An index for findings that somebody asked to verify again, and an order of URL scans that joins nothing."""

from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0032_security_log")]
    operations = [
        migrations.AlterModelOptions(
            "urlscan",
            options={
                "ordering": ["analysis_id", "position"],
                "verbose_name": "URL scan",
                "verbose_name_plural": "URL scans",
            },
        ),
        AddIndexOnline(
            "finding",
            models.Index(
                fields=["url_scan"], name="finding_verify_asked", condition=models.Q(verify_asked_at__isnull=False)
            ),
        )
    ]

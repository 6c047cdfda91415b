"""What the list of analyses is sorted by and had to be computed: columns."""

from django.db import migrations, models


def number(field=models.BigIntegerField, **options):
    return field(db_default=0, editable=False, **options)


class Migration(migrations.Migration):
    dependencies = [("scans", "0005_status_counts")]
    operations = [
        # Others take their place in the next migration.
        migrations.RemoveIndex("analysis", "analysis_by_change"),
        migrations.RemoveIndex("analysis", "analysis_by_status"),
        migrations.RemoveIndex("analysis", "analysis_by_name"),
        migrations.AddField(
            "analysis", "urls", number(models.PositiveSmallIntegerField, help_text="how many URL scans it has")
        ),
        migrations.AddField("analysis", "findings_all", number(help_text="its findings: see listing.weigh")),
        migrations.AddField(
            "analysis",
            "findings_shown",
            number(help_text="the same of the results that are not under verification"),
        ),
        migrations.AddField(
            "analysis",
            "ran",
            models.DurationField(editable=False, help_text="how long it ran, once it has ended", null=True),
        ),
    ]

"""Marks of what is still to be done: a draft's prescan, the removal of data, and the replay of a finding."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scans", "0042_files_of_scans")]
    operations = [
        migrations.AddField(
            "analysis",
            "prescan_asked_at",
            models.DateTimeField(
                editable=False,
                help_text="Until that prescan starts.",
                null=True,
                verbose_name="prescan of a draft asked for at",
            ),
        ),
        migrations.AddField(
            "analysis",
            "removal_asked_at",
            models.DateTimeField(
                editable=False,
                help_text="Until the data is removed.",
                null=True,
                verbose_name="removal of data asked for at",
            ),
        ),
        migrations.AddField(
            "analysis",
            "removal_failed_at",
            models.DateTimeField(
                editable=False,
                help_text="The log says why. “manage.py retain” tries it again.",
                null=True,
                verbose_name="removal of data failed at",
            ),
        ),
        migrations.AddField(
            "finding",
            "replay_attempts",
            models.PositiveSmallIntegerField(
                editable=False,
                help_text="How often a worker began to replay it, since its last outcome. "
                "More than one were lost under it.",
                null=True,
                verbose_name="replays begun",
            ),
        ),
    ]

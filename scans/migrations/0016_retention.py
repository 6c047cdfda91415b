"""What the retention policy is and what it marks, and the one exception to the append-only log."""

from django.core.validators import MinValueValidator
from django.db import migrations, models

from scans.database.append_only import let_expired_go, let_nothing_go

DAYS = {
    "keep_runs_days": "Ended runs are deleted so many days after their end, with all but their log.",
    "keep_evidence_days": (
        "So many days after a run ended, the requests and answers of its findings, engine logs and saved sessions are "
        "removed. The findings stay."
    ),
    "keep_screenshots_days": "Pictures of the targets are removed so many days after a run ended.",
    "keep_logs_days": (
        "The activity log of a run that ended or was deleted is removed when nothing has happened to it for so many "
        "days; an entry that says so stays."
    ),
}
MARKS = {
    "evidence_expired_at": "",
    "screenshots_expired_at": "",
    "log_expired_at": "entries before this moment may be deleted: see append_only",
}


def _days(name, help_text):
    of = name.removeprefix("keep_").replace("_days", " (days)")
    help_text = f"{help_text} Empty: kept for ever."
    return models.PositiveSmallIntegerField(
        of, blank=True, help_text=help_text, null=True, validators=[MinValueValidator(1)]
    )


class Migration(migrations.Migration):
    dependencies = [("scans", "0015_open_findings")]
    operations = [
        *(migrations.AddField("scansettings", name, _days(name, help_text)) for name, help_text in DAYS.items()),
        *(
            migrations.AddField(
                "analysis", name, models.DateTimeField(editable=False, help_text=help_text, null=True)
            )
            for name, help_text in MARKS.items()
        ),
        migrations.RunPython(let_expired_go, let_nothing_go),
    ]

"""A URL scan keeps its URL's usual answer, how many requests the site refused, and how it slows the scan down."""

from django.db import migrations, models

FIELDS = {
    "usual_answer": models.JSONField(
        editable=False,
        help_text="The URL's answer in the last passed check. Later answers are compared with it.",
        null=True,
        verbose_name="usual answer",
    ),
    "requests_refused": models.PositiveIntegerField(editable=False, null=True, verbose_name="requests refused"),
    "pace": models.TextField(
        editable=False, help_text="How the site slows the scan down at the moment.", null=True, verbose_name="pace"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("scans", "0025_notices")]

    operations = [migrations.AddField("urlscan", name, field) for name, field in FIELDS.items()]

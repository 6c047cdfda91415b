"""Findings name what they are about, so that two of one category can be told apart."""

from django.db import migrations, models

KINDS = [
    ("missing", "missing"),
    ("invalid", "invalid value"),
    ("unsafe", "unsafe"),
    ("unknown", "unknown name"),
    ("unchecked", "not checked by the server"),
    ("predictable", "predictable"),
    ("uncommon", "uncommon methods"),
    ("error", "by an error message"),
    ("boolean", "by a different answer"),
    ("time", "by a delay"),
    ("out_of_band", "by a connection back"),
    ("possible", "by a warning"),
]


class Migration(migrations.Migration):
    dependencies = [("scans", "0026_usual_answer")]
    operations = [
        # With the database's own default, SQLite need not write the table again, with all its evidence.
        migrations.AddField(
            "finding",
            "subject",
            models.CharField(
                "subject",
                max_length=200,
                blank=True,
                db_default="",
                help_text="The name of what it is about, such as a cookie.",
            ),
        ),
        migrations.AddField(
            "finding",
            "kind",
            models.CharField(
                "kind",
                max_length=16,
                blank=True,
                db_default="",
                choices=KINDS,
                help_text="What is wrong, or how it was found.",
            ),
        ),
    ]

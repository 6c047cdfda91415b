"""Reasons become codes and facts: what older versions stored as English sentences is read back, once.

A text that nobody knows stays as it is: a user's own words, or an error's.
"""

from django.db import migrations, models

from scans.database import append_only
from scans.migrations._old_reasons import reason_of
from scans.reasons.field import read, stored

BATCH = 10_000
# Table and column, and whether every text in it is the product's own.
COLUMNS = [
    ("scans_urlscan", "reason", False),
    ("scans_activitylogentry", "reason", False),
    ("scans_recurringschedule", "switched_off_reason", False),
    ("scans_targetcheck", "detail", True),
    ("scans_finding", "replay_reason", True),
    ("scans_crawledurl", "reason", True),
    ("scans_bulkitem", "reason", True),
]


def to_codes(apps, schema_editor):
    """Read the sentences of all columns back."""
    for table, column, ours in COLUMNS:
        rewrite(schema_editor.connection, table, column, lambda text, ours=ours: stored(reason_of(text, ours=ours)))


def to_sentences(apps, schema_editor):
    """The way back: English sentences."""
    for table, column, _ours in COLUMNS:
        rewrite(schema_editor.connection, table, column, lambda text: read(text).in_english())


def rewrite(connection, table, column, convert):
    """Convert every text of a column, some thousand rows at a time."""
    quote = connection.ops.quote_name
    table, column = quote(table), quote(column)
    select = f"SELECT id, {column} FROM {table} WHERE id > %s AND {column} <> '' ORDER BY id LIMIT %s"  # noqa: S608
    update = f"UPDATE {table} SET {column} = %s WHERE id = %s"  # noqa: S608
    last = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(select, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            last = rows[-1][0]
            changed = [(new, pk) for pk, text in rows if (new := convert(text)) != text]
            if changed:
                cursor.executemany(update, changed)


class Migration(migrations.Migration):
    dependencies = [("scans", "0021_left_out_and_headers")]
    operations = [
        migrations.AlterField(
            "crawledurl", "reason", models.TextField(blank=True, help_text="why it was skipped or blocked")
        ),
        migrations.AlterField("bulkitem", "reason", models.TextField(blank=True, help_text="why it was skipped")),
        migrations.RunPython(append_only.remove, append_only.install_whole),
        migrations.RunPython(to_codes, to_sentences),
        migrations.RunPython(append_only.install_whole, append_only.remove),
    ]

"""What Find looks through: a text for each present analysis, filled in in batches."""

import django.db.models.deletion
from django.db import migrations, models, transaction
from django.db.models import Max

from scans.database.search_text import search_text

BATCH = 5000


def fill_in(apps, schema_editor):
    """From names and URLs, some thousand analyses in a transaction."""
    models_of = {name: apps.get_model("scans", name) for name in ("Analysis", "UrlScan", "AnalysisSearch")}
    last = models_of["Analysis"].objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(1, last + 1, BATCH):
        with transaction.atomic():
            fill_batch(*models_of.values(), (first, first + BATCH - 1))


def fill_batch(analysis, url_scan, search, pks):
    urls = {}
    scans = url_scan.objects.filter(analysis_id__gte=pks[0], analysis_id__lte=pks[1]).order_by("analysis_id", "position")
    for pk, url in scans.values_list("analysis_id", "url"):
        urls.setdefault(pk, []).append(url)
    present = analysis.objects.filter(pk__range=pks, deleted_at__isnull=True).order_by("pk").values_list("pk", "name")
    rows = [search(analysis_id=pk, text=search_text(name, urls.get(pk, ()))) for pk, name in present]
    search.objects.bulk_create(rows, ignore_conflicts=True)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0007_list_indexes")]
    operations = [
        migrations.CreateModel(
            name="AnalysisSearch",
            fields=[
                (
                    "analysis",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="search",
                        serialize=False,
                        to="scans.analysis",
                    ),
                ),
                ("text", models.TextField(help_text="see search_text")),
            ],
            options={"verbose_name_plural": "analysis searches"},
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]

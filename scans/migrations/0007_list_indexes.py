"""The columns filled in, in batches, and the indexes along which the list is walked, without blocking PostgreSQL."""

from django.db import migrations, models, transaction
from django.db.models import F, Max

from scans.database.concurrent_indexes import AddIndexOnline
from scans.statuses import PUBLISHED_AS

BATCH = 20_000
SEVERITIES = ("critical", "high", "medium", "low", "info")
PRESENT = models.Q(deleted_at__isnull=True)


def weighed(shown: str) -> str:
    """SQL: the findings of URL scans as one number, each severity with room for 4,095; see listing.weigh."""
    counts = [f"coalesce(sum(CASE WHEN {shown} THEN findings_{name} END), 0)" for name in SEVERITIES]
    return " + ".join(f"CASE WHEN {n} > 4095 THEN 4095 ELSE {n} END * {4096 ** (4 - i)}" for i, n in enumerate(counts))


def fill_in(apps, schema_editor):
    """From the URL scans, some thousand analyses in a transaction."""
    published = ", ".join(f"'{status}'" for status in PUBLISHED_AS.values())
    statement = f"""
        UPDATE scans_analysis SET
            urls = kept.urls, findings_all = kept.everything,
            findings_shown =
                CASE status WHEN 'stopped_verifying_results' THEN kept.everything ELSE kept.shown END
        FROM (
            SELECT analysis_id, count(*) AS urls, {weighed("true")} AS everything,
                {weighed(f"status IN ({published})")} AS shown
            FROM scans_urlscan WHERE analysis_id BETWEEN %s AND %s GROUP BY analysis_id
        ) kept
        WHERE id = kept.analysis_id"""
    analyses = apps.get_model("scans", "Analysis").objects.order_by()
    for first in range(1, (analyses.aggregate(last=Max("pk"))["last"] or 0) + 1, BATCH):
        last = first + BATCH - 1
        ended = analyses.filter(pk__range=(first, last), started_at__isnull=False, ended_at__isnull=False)
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.execute(statement, [first, last])
            ended.update(ran=F("ended_at") - F("started_at"))


def walk(field, name, *, by_status=True, only=None):
    fields = ["status", field, "id"] if by_status else [field, "id"]
    return AddIndexOnline("analysis", models.Index(fields=fields, name=name, condition=PRESENT & only if only else PRESENT))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0006_list_columns")]
    operations = [
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        walk("changed_at", "analysis_list_changed", by_status=False),
        walk("changed_at", "analysis_list_status"),
        walk("name", "analysis_list_name"),
        walk("urls", "analysis_list_urls"),
        walk("findings_all", "analysis_list_found"),
        walk("findings_shown", "analysis_list_shown"),
        walk("started_at", "analysis_list_started"),
        walk("start_at", "analysis_list_start", only=models.Q(started_at__isnull=True)),
        walk("ran", "analysis_list_ran", only=models.Q(ran__isnull=False)),
    ]

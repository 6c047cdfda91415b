"""Pages count open weaknesses, and dismissed ones beside them: the columns for both, counted where something is marked."""

from django.db import migrations, models

BATCH = 500  # analyses in one step
SEVERITIES = ("critical", "high", "medium", "low", "info")
ROOM = 4096  # the weights are numbers to this base, as in severities.weigh
RANK = " ".join(f"WHEN '{severity}' THEN {rank}" for rank, severity in enumerate(SEVERITIES))
DISMISSING = ["false_positive", "accepted", "fixed"]
PUBLISHED = """'site_unreachable_results_available', 'time_expired_partial_results_available',
    'stopped_partial_results_available', 'scan_error_partial_results_available',
    'killed_partial_results_available', 'completed_results_available'"""
# For each of these analyses, how many weaknesses of each severity (5: dismissed) it has, shown to everybody or not.
WEAKNESSES = f"""
    SELECT analysis, worst, shown, count(*) FROM (
        SELECT scan.analysis_id AS analysis,
            CASE WHEN max(mark.id) IS NULL THEN min(CASE finding.severity {RANK} END) ELSE 5 END AS worst,
            max(CASE WHEN scan.status IN ({PUBLISHED}) OR analysis.status = 'stopped_verifying_results'
                THEN 1 ELSE 0 END) AS shown
        FROM scans_finding finding JOIN scans_urlscan scan ON scan.id = finding.url_scan_id
        JOIN scans_analysis analysis ON analysis.id = scan.analysis_id
        LEFT JOIN scans_triagemark mark ON mark.series_id = analysis.series_id
            AND mark.fingerprint = finding.fingerprint AND mark.mark IN ('false_positive', 'accepted', 'fixed')
        WHERE scan.analysis_id IN ({{ids}}) GROUP BY scan.analysis_id, finding.fingerprint
    ) weakness GROUP BY analysis, worst, shown"""  # noqa: S608 - our own columns


def count(apps, schema_editor):
    """Count the weaknesses of each analysis whose series has a dismissed one, which few have."""
    analyses = apps.get_model("scans", "Analysis").objects.filter(deleted_at=None)
    ids = sorted(set(analyses.filter(series__marks__mark__in=DISMISSING).values_list("pk", flat=True)))
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        counts = {pk: ([0] * 6, [0] * 6) for pk in some}
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(WEAKNESSES.format(ids=", ".join(["%s"] * len(some))), some)
            for pk, worst, shown, number in cursor.fetchall():
                counts[pk][0][worst] += number
                counts[pk][1][worst] += number * shown
        for pk, (every, visible) in counts.items():
            kept = {"findings_all": weigh(every), "findings_shown": weigh(visible)}
            kept |= {"dismissed_all": every[5] or None, "dismissed_shown": visible[5] or None}
            analyses.filter(pk=pk).update(**kept)


def weigh(counts):
    """As severities.weigh; what follows the five severities does not count."""
    weight = 0
    for number in counts[: len(SEVERITIES)]:
        weight = weight * ROOM + min(number, ROOM - 1)
    return weight


class Migration(migrations.Migration):
    dependencies = [("scans", "0047_full_disk")]
    operations = [
        migrations.AddField(
            "analysis",
            "dismissed_all",
            models.PositiveIntegerField(
                editable=False,
                help_text="Weaknesses that are marked as false positive, accepted or fixed. Empty: none.",
                null=True,
                verbose_name="dismissed weaknesses",
            ),
        ),
        migrations.AddField(
            "analysis",
            "dismissed_shown",
            models.PositiveIntegerField(
                editable=False,
                help_text="The same, without results under verification.",
                null=True,
                verbose_name="published dismissed weaknesses",
            ),
        ),
        migrations.AlterField(
            "analysis",
            "findings_all",
            models.BigIntegerField(
                db_default=0,
                editable=False,
                help_text="All its open weaknesses as one number to sort by.",
                verbose_name="findings, weighted",
            ),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]

"""Counts are of weaknesses: a finding at several places counts once, by its worst severity."""

from django.db import migrations, models

from scans.database.concurrent_indexes import AddIndexOnline

BATCH = 2_000  # URL scans or analyses in one step
SEVERITIES = ("critical", "high", "medium", "low", "info")
ROOM = 4096  # the weights are numbers to this base, as in severities.weigh
RANK = " ".join(f"WHEN '{severity}' THEN {rank}" for rank, severity in enumerate(SEVERITIES))
PUBLISHED = """'site_unreachable_results_available', 'time_expired_partial_results_available',
    'stopped_partial_results_available', 'scan_error_partial_results_available',
    'killed_partial_results_available', 'completed_results_available'"""

# The severities of all weaknesses that each URL scan in a range of ids has found at several places.
OF_SCANS = f"""
    SELECT scan, worst, count(*) FROM (
        SELECT url_scan_id AS scan, min(CASE severity {RANK} END) AS worst FROM scans_finding
        WHERE url_scan_id IN (
            SELECT url_scan_id FROM scans_finding WHERE url_scan_id > %s AND url_scan_id <= %s
            GROUP BY url_scan_id HAVING count(*) > count(DISTINCT fingerprint))
        GROUP BY url_scan_id, fingerprint
    ) weakness GROUP BY scan, worst"""  # noqa: S608 - our own columns
# The severities of all weaknesses of each present analysis in a range of ids that has findings, and of those that
# everybody may see.
OF_ANALYSES = f"""
    SELECT analysis, worst, shown, count(*) FROM (
        SELECT scan.analysis_id AS analysis, min(CASE finding.severity {RANK} END) AS worst,
            max(CASE WHEN scan.status IN ({PUBLISHED}) OR analysis.status = 'stopped_verifying_results'
                THEN 1 ELSE 0 END) AS shown
        FROM scans_finding finding JOIN scans_urlscan scan ON scan.id = finding.url_scan_id
        JOIN scans_analysis analysis ON analysis.id = scan.analysis_id
        WHERE scan.analysis_id > %s AND scan.analysis_id <= %s AND analysis.deleted_at IS NULL
        GROUP BY scan.analysis_id, finding.fingerprint
    ) weakness GROUP BY analysis, worst, shown"""  # noqa: S608 - our own columns
STORE_SCAN = f"UPDATE scans_urlscan SET {', '.join(f'findings_{name} = %s' for name in SEVERITIES)} WHERE id = %s"
STORE_ANALYSIS = "UPDATE scans_analysis SET findings_all = %s, findings_shown = %s WHERE id = %s"


def count_again(apps, schema_editor):
    """Count the weaknesses of every URL scan and analysis, some thousand at a time."""
    with schema_editor.connection.cursor() as cursor:
        for rows in in_steps(cursor, "scans_urlscan", OF_SCANS):
            counts = {}
            for scan, worst, count in rows:
                counts.setdefault(scan, [0] * len(SEVERITIES))[worst] = count
            write(cursor, STORE_SCAN, [(*found, scan) for scan, found in counts.items()])
        for rows in in_steps(cursor, "scans_analysis", OF_ANALYSES):
            weights = {}
            for analysis, worst, shown, count in rows:
                every, visible = weights.setdefault(analysis, ([0] * len(SEVERITIES), [0] * len(SEVERITIES)))
                every[worst] += count
                visible[worst] += count * shown
            write(cursor, STORE_ANALYSIS, [(*map(weigh, found), pk) for pk, found in weights.items()])


def in_steps(cursor, table, sql):
    """Yield the rows of a statement about a range of ids, for one range of the table's ids after the other."""
    cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")  # noqa: S608 - our own tables
    for first in range(0, cursor.fetchone()[0], BATCH):
        cursor.execute(sql, [first, first + BATCH])
        yield cursor.fetchall()


def write(cursor, sql, rows):
    if rows:
        cursor.executemany(sql, rows)


def weigh(counts):
    weight = 0
    for count in counts:
        weight = weight * ROOM + min(count, ROOM - 1)
    return weight


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("scans", "0029_module_errors")]
    operations = [
        AddIndexOnline(
            "finding", models.Index(fields=["url_scan", "fingerprint", "severity"], name="finding_by_weakness")
        ),
        migrations.RemoveIndex("finding", "finding_by_severity"),
        migrations.RunPython(count_again, migrations.RunPython.noop),
    ]

"""The SQL that multiplies the stories: temporary tables, and one INSERT … SELECT for each table.

Written once for SQLite and PostgreSQL. `AT[x]` stands for the moment x seconds after an analysis'
submission, at its own pace; `SPAN[x, y]` for the time between two such moments; `MOMENT`, `INTERVAL` and `JSON` for
the types of a database. `LINES[x]` is every x on a line.
"""

import re

from django.db import connection
from django.db.models import DateTimeField, DurationField, JSONField

ROWS_OF_AN_INSERT = 500

TABLES = {
    "sample_story": """
        number integer PRIMARY KEY, status text, stop_mode text, publication text, prescan boolean,
        submitted integer, prescan_started integer, prescan_ended integer, started integer, ended integer,
        changed integer, version integer, urls integer, findings_all bigint, findings_shown bigint,
        dismissed_all integer, dismissed_shown integer""",
    "sample_scan": """
        story integer, position integer, host text, path text, status text, reason text, held boolean,
        status_after integer, queued integer, started integer, ended integer, verified integer,
        engine text, engine_version text, resolved_address text, phase text, modules_done integer,
        modules_total integer, urls_crawled integer, requests integer, responses JSON,
        critical integer, high integer, medium integer, low integer, info integer,
        PRIMARY KEY (story, position)""",
    "sample_entry": """
        story integer, number integer, position integer, after integer, actor text, action text,
        from_status text, to_status text, reason text, data JSON,
        PRIMARY KEY (story, number)""",
    "sample_finding": """
        story integer, number integer, position integer, found integer, replay text, replayed integer,
        severity text, category text, module text, method text, path text, parameter text, info text,
        wstg JSON, cwe JSON, identity text, fingerprint text,
        PRIMARY KEY (story, number)""",
    # One row for each analysis of a chunk: its story, series and times, and the first ids of its own rows.
    "sample_plan": """
        id bigint PRIMARY KEY, story integer, series bigint, run integer, name text, site text, began bigint,
        pace integer, start_at MOMENT, duration INTERVAL, submission JSON,
        first_scan bigint, first_entry bigint, first_finding bigint""",
}

# Rows are written in the order of their ids, so that indexes only grow at their end: CROSS JOIN makes SQLite read
# the plan in order, and IN_ORDER sorts for PostgreSQL.
INSERTS = [
    """
    INSERT INTO scans_series (id, name) SELECT series, name FROM sample_plan WHERE run = 1
    """,
    """
    INSERT INTO scans_analysis (
        id, series_id, run, name, owner_id, depth, prescan, duration, publication, start_at, status, created_at,
        submitted_at, prescan_started_at, prescan_ended_at, started_at, ended_at, changed_at, version, stop_mode,
        time_zone, blackout, recurrence, urls, findings_all, findings_shown, dismissed_all, dismissed_shown,
        run_time)
    SELECT
        plan.id, plan.series, plan.run, plan.name, %(owner)s, 20, story.prescan, plan.duration, story.publication,
        plan.start_at, story.status, AT[0], AT[story.submitted], AT[story.prescan_started],
        AT[story.prescan_ended], AT[story.started], AT[story.ended], AT[story.changed], story.version,
        story.stop_mode, 'UTC', '', '{}', story.urls, story.findings_all, story.findings_shown,
        story.dismissed_all, story.dismissed_shown, SPAN[story.started, story.ended]
    FROM sample_plan plan CROSS JOIN sample_story story
    WHERE story.number = plan.story IN_ORDER
    """,
    """
    INSERT INTO scans_urlscan (
        id, analysis_id, url, position, status, reason, status_at, queued_at, started_at, ended_at, verified_at,
        lease_holder, lease_until, attempts, engine, engine_version, resolved_address, phase, module, modules_done,
        modules_total, urls_crawled, requests, responses, network_errors,
        findings_critical, findings_high, findings_medium, findings_low, findings_info,
        paused_by, logins_succeeded, logins_failed, logins_failed_in_a_row)
    SELECT
        plan.first_scan + scan.position, plan.id, 'https://' || scan.host || plan.site || scan.path, scan.position,
        scan.status, scan.reason, AT[scan.status_after], AT[scan.queued], AT[scan.started], AT[scan.ended],
        AT[scan.verified], CASE WHEN scan.held THEN %(holder)s ELSE '' END,
        CASE WHEN scan.held THEN %(held_until)s END, 0, scan.engine, scan.engine_version,
        scan.resolved_address, scan.phase, '', scan.modules_done, scan.modules_total, scan.urls_crawled,
        scan.requests, scan.responses, 0, scan.critical, scan.high, scan.medium, scan.low, scan.info,
        CASE WHEN scan.status = 'paused' THEN 'user' ELSE '' END, 0, 0, 0
    FROM sample_plan plan CROSS JOIN sample_scan scan
    WHERE scan.story = plan.story IN_ORDER
    """,
    # The same as search_text makes: all of it is ASCII, except letters that are lower case already.
    """
    INSERT INTO scans_analysissearch (analysis_id, text)
    SELECT
        plan.id, lower(plan.name) || '\n' || (
            SELECT LINES['https://' || scan.host || plan.site || scan.path] FROM sample_scan scan
            WHERE scan.story = plan.story) || '\n\n'
    FROM sample_plan plan IN_ORDER
    """,
    """
    INSERT INTO scans_activitylogentry (
        id, analysis_id, url_scan_id, at, actor, user_id, action, from_status, to_status, reason, data)
    SELECT
        plan.first_entry + entry.number, plan.id, plan.first_scan + entry.position, AT[entry.after], entry.actor,
        CASE WHEN entry.actor = 'user' THEN %(owner)s END, entry.action, entry.from_status, entry.to_status,
        entry.reason, CASE WHEN entry.action = 'analysis.submitted' THEN plan.submission ELSE entry.data END
    FROM sample_plan plan CROSS JOIN sample_entry entry
    WHERE entry.story = plan.story IN_ORDER
    """,
    """
    INSERT INTO scans_finding (
        id, url_scan_id, identity, fingerprint, found_at, category, severity, method, url, parameter, module, info,
        description, solution, "references", wstg, cwe, http_request, evidence_status, evidence_headers,
        evidence_body, replay, replay_reason, replayed_at)
    SELECT
        plan.first_finding + finding.number, plan.first_scan + finding.position, finding.identity,
        finding.fingerprint, AT[finding.found], finding.category, finding.severity, finding.method,
        'https://' || scan.host || plan.site || finding.path, finding.parameter, finding.module, finding.info,
        'Made up: sample data.', '', '[]', finding.wstg, finding.cwe,
        finding.method || ' ' || finding.path || ' HTTP/1.1\nHost: ' || scan.host || plan.site || '\n\n',
        200, '[]', '', finding.replay, '',
        AT[finding.replayed]
    FROM sample_plan plan CROSS JOIN sample_finding finding CROSS JOIN sample_scan scan
    WHERE finding.story = plan.story AND scan.story = plan.story AND scan.position = finding.position
    IN_ORDER
    """,
]

_MOMENTS = {
    "sqlite": "datetime(plan.began + (\\1) * plan.pace / 100, 'unixepoch')",
    "postgresql": "to_timestamp(plan.began + (\\1) * plan.pace / 100)",
}
_SPANS = {
    "sqlite": "((\\2) * plan.pace / 100 - (\\1) * plan.pace / 100) * 1000000",
    "postgresql": "make_interval(secs => (\\2) * plan.pace / 100 - (\\1) * plan.pace / 100)",
}
_LINES = {
    "sqlite": "group_concat(\\1, '\n')",
    "postgresql": "string_agg(\\1, '\n' ORDER BY scan.position)",
}


def written_for_database(sql: str) -> str:
    """Return the SQL with placeholders replaced by the spelling of this database."""
    sql = re.sub(r"AT\[(.+?)\]", _MOMENTS[connection.vendor], sql)
    sql = re.sub(r"SPAN\[(.+?), (.+?)\]", _SPANS[connection.vendor], sql)
    sql = re.sub(r"LINES\[(.+?)\]", _LINES[connection.vendor], sql)
    sql = sql.replace("IN_ORDER", "ORDER BY 1" if connection.vendor == "postgresql" else "")
    for name, field in {"MOMENT": DateTimeField(), "INTERVAL": DurationField(), "JSON": JSONField()}.items():
        sql = re.sub(rf"\b{name}\b", field.db_type(connection), sql)
    return sql


def create_tables(cursor) -> None:
    """Make the temporary tables, empty."""
    drop_tables(cursor)
    for name, columns in TABLES.items():
        cursor.execute(written_for_database(f"CREATE TEMPORARY TABLE {name} ({columns})"))


def drop_tables(cursor) -> None:
    """Drop them; otherwise they last as long as the connection."""
    for name in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {name}")


def insert(cursor, table: str, rows: list[tuple]) -> None:
    """Fill a temporary table, many rows at a time."""
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    for start in range(0, len(rows), ROWS_OF_AN_INSERT):
        part = rows[start : start + ROWS_OF_AN_INSERT]
        marks = ", ".join(["(" + ", ".join(["%s"] * len(part[0])) + ")"] * len(part))
        values = [value for row in part for value in row]
        cursor.execute(f"INSERT INTO {table} VALUES {marks}", values)  # noqa: S608 - names of our own

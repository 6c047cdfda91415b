"""Writes sample data: stories into temporary tables, then the plan and its rows, chunk by chunk."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice

from django.contrib.auth import get_user_model
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import DateTimeField, DurationField, Max

from scans.models import ActivityLogEntry, Analysis, AnalysisSearch, Finding, Publication, Series, StatusCount, UrlScan
from scans.reasons.field import stored
from scans.sample_data import sql
from scans.sample_data.index_suspension import set_aside
from scans.sample_data.moves import ENGINE
from scans.sample_data.plan import Plan, Planned, domain, name
from scans.sample_data.stories import FINDINGS, finished, unfinished
from scans.sample_data.story import Scan, Story, replayed
from scans.severities import SEVERITIES
from scans.statuses.rollup import kept_columns

OWNER = "sample-data"
CHUNK = 20_000
MANY = 50_000  # from here on, rebuilding the indexes is faster than updating them
# Unfinished URL scans have a permanent lease that belongs to no worker, so no worker takes them and the scheduler does
# not recover them. They occupy no capacity either: real scans must not wait for them.
HOLDER, HELD_UNTIL = "sample-data", datetime(2100, 1, 1, tzinfo=UTC)
SECONDS_BETWEEN_FINDINGS = 30
MODULES = 24

_HOSTS = ("app", "shop", "api", "www", "login", "docs", "admin", "mail", "files", "status")
_PATHS = ("/", "/", "/portal/", "/login", "/v2/")
TABLES = (Series, Analysis, UrlScan, ActivityLogEntry, Finding)
TABLE_NAMES = [model._meta.db_table for model in (*TABLES, AnalysisSearch)]


def others_analyses_exist() -> bool:
    """Return whether the database holds analyses that are not sample data."""
    return Analysis.objects.exclude(owner__username=OWNER, owner__isnull=False).exists()


def create(
    analyses: int,
    *,
    seed: int,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
    tell: Callable[[str], None] = lambda what: None,
) -> None:
    """Add this many made-up analyses. The same seed and time create the same data.

    Calls `progress` after each chunk, and `tell` with each index that is rebuilt at the end. From MANY on,
    everything is one transaction, which locks the tables.
    """
    plan = Plan(analyses, seed, int(now.timestamp()), finished(), unfinished())
    with connection.cursor() as cursor:
        sql.create_tables(cursor)
        for table, rows in _story_rows(plan.stories).items():
            sql.insert(cursor, table, rows)
        try:
            with set_aside(cursor, TABLE_NAMES, tell) if analyses >= MANY else nullcontext():
                _load(cursor, plan, seed, progress)
            for table in TABLE_NAMES:
                cursor.execute(f"ANALYZE {table}")
        finally:
            sql.drop_tables(cursor)


def _load(cursor, plan: Plan, seed: int, progress: Callable[[int], None]) -> None:
    parameters = {"owner": _owner().pk, "holder": HOLDER, "held_until": _prepared(DateTimeField(), HELD_UNTIL)}
    statements = [sql.written_for_database(statement) for statement in sql.INSERTS]
    rows = _plan_rows(plan, seed)
    done = 0
    while chunk := list(islice(rows, CHUNK)):
        with transaction.atomic():
            cursor.execute("DELETE FROM sample_plan")
            sql.insert(cursor, "sample_plan", chunk)
            for statement in statements:
                cursor.execute(statement, parameters)
            # The ids were assigned here: PostgreSQL's sequences must continue after them.
            for statement in connection.ops.sequence_reset_sql(no_style(), TABLES):
                cursor.execute(statement)
        StatusCount.fold_if_many()
        done += len(chunk)
        progress(done)


def _owner():
    """Return the user who owns all sample data and can never log in."""
    owner, is_new = get_user_model().objects.get_or_create(username=OWNER, defaults={"is_active": False})
    if is_new:
        owner.set_unusable_password()
        owner.save()
    return owner


def _prepared(field, value):
    """Return a value in the database's own type."""
    return field.get_db_prep_value(value, connection)


def _plan_rows(plan: Plan, seed: int) -> Iterator[tuple]:
    """Yield the rows of sample_plan, with ids above all existing ones."""
    lasts = (model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in TABLES)
    first_series, first_analysis, scan, entry, finding = (last + 1 for last in lasts)
    found = [sum(scan.found for scan in story.scans) for story in plan.stories]
    for planned in plan:
        story = plan.stories[planned.story]
        series = first_series + planned.series
        submission = json.dumps({"urls": len(story.scans), "run": planned.run})
        yield (
            *(first_analysis + planned.number, planned.story, series, planned.run),
            *(name(planned.series, seed, series), f"-{series}.{domain(planned.series)}", planned.began, planned.pace),
            *(_start_at(planned), _prepared(DurationField(), timedelta(seconds=planned.duration)), submission),
            *(scan, entry, finding),
        )
        scan, entry, finding = scan + len(story.scans), entry + len(story.entries), finding + found[planned.story]


def _start_at(planned: Planned):
    return planned.start_at and _prepared(DateTimeField(), datetime.fromtimestamp(planned.start_at, UTC))


# --- Stories as rows --------------------------------------------------------------------------------


def _story_rows(stories: list[Story]) -> dict[str, list[tuple]]:
    """Return the rows of the four tables that hold the stories."""
    told = list(enumerate(stories))
    return {
        "sample_story": [_story_row(number, story) for number, story in told],
        "sample_scan": [_scan_row(number, story, scan) for number, story in told for scan in story.scans],
        "sample_entry": [row for number, story in told for row in _entry_rows(number, story)],
        "sample_finding": [row for number, story in told for row in _finding_rows(number, story)],
    }


def _story_row(number: int, story: Story) -> tuple:
    publication = Publication.REVIEWER if story.reviewer else Publication.AUTOMATIC
    moments = (0 if story.submitted else None, *story.prescan_after, story.started_after, story.ended_after)
    return (
        *(number, str(story.status), str(story.facts.stop_mode), str(publication), story.prescan),
        *(*moments, story.after, story.version),
        *kept_columns(_totals(story), story.status).values(),
    )


def _totals(story: Story) -> dict[str, dict[str, int]]:
    """Return the totals that `totals_by_status` would return for this story."""
    totals: dict[str, Counter] = defaultdict(Counter)
    for scan in story.scans:
        totals[scan.status].update(urls=1, **dict(zip(SEVERITIES, _counts(scan), strict=True)))
    return totals


def _scan_row(number: int, story: Story, scan: Scan) -> tuple:
    place = scan.position
    host = _HOSTS[place % len(_HOSTS)] + (str(place // len(_HOSTS)) if place >= len(_HOSTS) else "")
    moments = (scan.status_after, scan.queued_after, scan.started_after, scan.ended_after, scan.verified_after)
    return (
        *(number, place, host, _PATHS[place % len(_PATHS)], str(scan.status), stored(scan.reason)),
        *(story.submitted and scan.is_held, *moments),
        *_engine_columns(number, scan),
        *_counts(scan),
    )


def _engine_columns(number: int, scan: Scan) -> tuple:
    """Return the engine's values: none if it never ran, few if its results were deleted."""
    if scan.started_after is None:
        return ("", "", "", "", 0, 0, 0, 0, "{}")
    if scan.status == "stopped":
        return (ENGINE["engine"], ENGINE["version"], "", "", 0, 0, 0, 0, "{}")
    done = MODULES if scan.status.startswith("completed") else MODULES // 2
    crawled = 20 + (number * 37 + scan.position * 11) % 180
    responses = {"2xx": crawled * done, "3xx": crawled, "4xx": 3 * crawled, "5xx": number % 4}
    return (
        *(ENGINE["engine"], ENGINE["version"], "192.0.2.10", "attack", done, MODULES),
        *(crawled, sum(responses.values()), json.dumps(responses)),
    )


def _counts(scan: Scan) -> list[int]:
    counts = Counter(finding.severity for finding in FINDINGS[: scan.found])
    return [counts[severity] for severity in SEVERITIES]


def _entry_rows(number: int, story: Story) -> list[tuple]:
    return [
        (
            *(number, place, entry.position, entry.after, entry.actor, entry.action),
            *(entry.from_status, entry.to_status, stored(entry.reason), json.dumps(entry.data)),
        )
        for place, entry in enumerate(story.entries)
    ]


def _finding_rows(number: int, story: Story) -> Iterator[tuple]:
    findings = [(scan, place) for scan in story.scans for place in range(scan.found)]
    for row, (scan, place) in enumerate(findings):
        found = FINDINGS[place]
        verified = scan.verified_after
        replay = replayed(place) if verified is not None else "unverified"
        # Each URL scan has a host of its own, so no weakness is found by two of them.
        where = f"{scan.position} {found.method} {found.path} {found.parameter}"
        fingerprint = sha256(f"{found.category} {where}".encode()).hexdigest()
        yield (
            *(number, row, scan.position, scan.started_after + (place + 1) * SECONDS_BETWEEN_FINDINGS),
            *(replay, verified, found.severity, found.category, found.module, found.method, found.path),
            *(found.parameter, found.info, json.dumps(found.wstg), json.dumps(found.cwe), fingerprint, fingerprint),
        )

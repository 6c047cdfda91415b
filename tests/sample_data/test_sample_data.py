"""Sample data: true in itself, complete, the same per seed, and left alone by all that works on real analyses."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, IntegrityError, connection, transaction
from django.db.models import Count, F, Max, Min, Q
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.activity import sentence
from scans.analysis_list import search
from scans.maintenance.recount import recount
from scans.management.commands import sample_data
from scans.models import ActivityLogEntry, Actor, Analysis, Finding, Series, UrlScan
from scans.prescan.connection import check_connection
from scans.sample_data import loading
from scans.sample_data.plan import name, series_and_run
from scans.sample_data.stories import finished
from scans.severities import SEVERITIES
from scans.statuses import (
    MAY_HOLD_SLOT,
    URL_SCAN_MOVES,
    WAITING_FOR_A_WORKER,
    AnalysisStatus,
    EndedBy,
    UrlScanStatus,
)
from scans.statuses.rollup import Facts, rollup
from scans.targets.policy import TargetPolicy, normalise
from scans.workers import scheduler

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def three_hundred():
    loading.create(300, seed=7, now=timezone.now())


def facts_of(analysis):
    return Facts(
        submitted=analysis.submitted_at is not None,
        prescanning=analysis.prescan_started_at is not None and analysis.prescan_ended_at is None,
        started=analysis.started_at is not None,
        stop_mode=analysis.stop_mode,
    )


def test_every_status_is_the_rollup_of_its_url_scans(three_hundred):
    for analysis in Analysis.objects.prefetch_related("url_scans"):
        assert analysis.status == rollup([scan.status for scan in analysis.url_scans.all()], facts_of(analysis))


def test_the_log_leads_by_allowed_moves_to_the_present_status(three_hundred):
    analyses, scans = {}, {}
    for entry in ActivityLogEntry.objects.order_by("pk"):
        assert "{" not in sentence(entry)
        if not entry.to_status:
            continue
        current, pk = (scans, entry.url_scan_id) if entry.url_scan_id else (analyses, entry.analysis_id)
        assert entry.from_status == current.get(pk, "")
        if entry.url_scan_id and entry.from_status:
            assert entry.to_status in URL_SCAN_MOVES[UrlScanStatus(entry.from_status)]
        current[pk] = entry.to_status
    assert analyses == dict(Analysis.objects.values_list("pk", "status"))
    submitted = UrlScan.objects.filter(analysis__submitted_at__isnull=False)
    assert scans == dict(submitted.values_list("pk", "status"))


def test_the_log_is_in_order_of_time_and_ends_with_the_last_change(three_hundred):
    for analysis in Analysis.objects.prefetch_related("activity"):
        moments = [entry.at for entry in sorted(analysis.activity.all(), key=lambda entry: entry.pk)]
        assert moments == sorted(moments)
        assert (moments[0], moments[-1]) == (analysis.created_at, analysis.changed_at)


def test_people_are_the_sample_user_who_cannot_log_in(three_hundred):
    owner = get_user_model().objects.get(username="sample-data")
    assert not owner.is_active and not owner.has_usable_password()
    assert not Analysis.objects.exclude(owner=owner).exists()
    by_people = ActivityLogEntry.objects.filter(actor=Actor.USER)
    assert set(by_people.values_list("user", flat=True)) == {owner.pk}
    assert not ActivityLogEntry.objects.exclude(actor=Actor.USER).filter(user__isnull=False).exists()


def test_moments_follow_each_other(three_hundred):
    for model in (Analysis, UrlScan):
        assert not model.objects.filter(started_at__gt=F("ended_at")).exists()
    assert not Analysis.objects.filter(submitted_at__lt=F("created_at")).exists()
    assert not Analysis.objects.filter(started_at__lt=F("submitted_at")).exists()
    assert not Analysis.objects.filter(Q(changed_at__lt=F("ended_at")) | Q(changed_at__gt=timezone.now())).exists()
    assert not UrlScan.objects.filter(started_at__lt=F("queued_at")).exists()
    spread = Analysis.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    assert (spread["last"] - spread["first"]).days > 1000


def test_counts_of_findings_equal_the_rows(three_hundred):
    assert Finding.objects.exists()
    for scan in UrlScan.objects.prefetch_related("findings"):
        severities = [finding.severity for finding in scan.findings.all()]
        for severity in SEVERITIES:
            assert getattr(scan, f"findings_{severity}") == severities.count(severity)
    for entry in ActivityLogEntry.objects.filter(action="url_scan.ended").exclude(url_scan__status="stopped"):
        assert entry.data["findings"] == entry.url_scan.findings_total


def test_averages_are_those_of_the_load():
    loading.create(1000, seed=7, now=timezone.now())
    assert UrlScan.objects.count() == 2195
    assert ActivityLogEntry.objects.count() > 6000
    sizes = Analysis.objects.annotate(size=Count("url_scans")).aggregate(least=Min("size"), most=Max("size"))
    assert sizes == {"least": 1, "most": 250}
    with_findings = UrlScan.objects.filter(findings__isnull=False).values("analysis").distinct().count()
    assert 80 <= with_findings <= 130
    assert Analysis.objects.filter(ended_at__isnull=False).count() > 900
    words = [len(name.split()) for name in Series.objects.values_list("name", flat=True)]
    assert min(words) == 2 and max(words) == 6


def test_every_status_is_there():
    loading.create(2000, seed=3, now=timezone.now())
    assert set(Analysis.objects.values_list("status", flat=True)) == set(AnalysisStatus.values)
    assert set(UrlScan.objects.values_list("status", flat=True)) == set(UrlScanStatus.values)


def test_every_fifth_analysis_is_a_later_run_of_an_older_one(three_hundred):
    assert 40 <= Analysis.objects.filter(run__gt=1).count() <= 60
    assert Analysis.objects.aggregate(Max("run"))["run__max"] == 3
    for series in Series.objects.prefetch_related("runs"):
        runs = sorted(series.runs.all(), key=lambda run: run.run)
        assert [run.run for run in runs] == list(range(1, len(runs) + 1))
        assert [run.created_at for run in runs] == sorted(run.created_at for run in runs)
        assert {run.name for run in runs} == {series.name}
        assert all(earlier.info.final for earlier in runs[:-1])
        submissions = ActivityLogEntry.objects.filter(analysis__in=runs, action="analysis.submitted")
        assert all(entry.data["run"] == entry.analysis.run for entry in submissions)


@pytest.mark.parametrize("analyses", [1, 9, 60, 1000, 12345])
def test_every_run_has_the_runs_before_it(analyses):
    runs = [series_and_run(number, analyses) for number in range(analyses)]
    assert len(set(runs)) == analyses
    assert all((series, run - 1) in set(runs) for series, run in runs[:500] if run > 1)


def made_with(seed):
    """What a seed makes, in an otherwise empty database."""
    with transaction.atomic():
        loading.create(50, seed=seed, now=NOW)
        made = [list(model.objects.order_by("pk").values()) for model in (Series, Analysis, UrlScan, ActivityLogEntry)]
        transaction.set_rollback(True)
    return [[{k: v for k, v in row.items() if k not in ("owner_id", "user_id")} for row in rows] for rows in made]


def test_the_same_seed_makes_the_same_and_another_something_else():
    assert made_with(1) == made_with(1)
    assert made_with(1) != made_with(2)


def test_a_second_load_adds_as_many_and_real_analyses_go_on_after_it(three_hundred):
    loading.create(20, seed=7, now=timezone.now())
    assert Analysis.objects.count() == 320
    submission = transitions.Submission(name="Real", urls=("http://localhost/",), duration=timedelta(hours=1))
    assert transitions.submit(submission, by=Actor.COMMAND).pk > 320


def test_targets_are_well_formed_and_nobody_can_own_them(three_hundred):
    policy = TargetPolicy(allowed=["localhost"])
    urls = list(UrlScan.objects.values_list("url", flat=True))
    assert all(normalise(url) == url for url in urls)
    domains = {".".join(url.split("/")[2].split(".")[-2:]) for url in urls}
    assert domains == {"example.com", "example.org", "example.net"}
    assert check_connection(urls[0], policy).failure.reason == "target_not_allowed"


def test_a_tick_of_the_scheduler_changes_nothing_and_no_worker_gets_a_scan(three_hundred):
    before = list(UrlScan.objects.order_by("pk").values_list("status", "lease_until"))
    scheduler.tick("test")
    assert list(UrlScan.objects.order_by("pk").values_list("status", "lease_until")) == before
    assert not DBTaskResult.objects.exists()
    for scan in UrlScan.objects.filter(status__in=WAITING_FOR_A_WORKER | MAY_HOLD_SLOT):
        assert transitions.take(scan.pk, "worker", among=[scan.status]) is None


def test_a_database_with_real_analyses_is_refused_unless_forced():
    submission = transitions.Submission(name="Real", urls=("http://localhost/",), duration=timedelta(hours=1))
    transitions.submit(submission, by=Actor.COMMAND)
    with pytest.raises(CommandError, match="not sample data") as refusal:
        call_command("sample_data", analyses=5)
    assert refusal.value.returncode == 1
    assert Analysis.objects.count() == 1
    call_command("sample_data", analyses=5, force=True)
    assert Analysis.objects.count() == 6


@pytest.mark.parametrize("analyses", [0, -3, 10_000_001])
def test_a_bad_number_is_refused(analyses):
    with pytest.raises(CommandError, match="choose a number from 1 to 10,000,000"):
        call_command("sample_data", analyses=analyses)


def test_progress_is_told(capsys, monkeypatch):
    monkeypatch.setattr(loading, "CHUNK", 10)
    call_command("sample_data", analyses=25)
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split(" analyses")[0] for line in lines] == ["10 of 25", "20 of 25", "25 of 25"]
    assert all("a second" in line and line.endswith("s left") for line in lines)
    assert last.startswith("Done after")


def test_progress_knows_how_fast_it_is_and_what_is_left(monkeypatch):
    moments = iter([100.0, 110.0, 110.0, 110.0])
    monkeypatch.setattr(sample_data, "monotonic", lambda: next(moments))
    told = []
    sample_data.Progress(4000, told.append).tell(1000)
    assert told == ["1,000 of 4,000 analyses, 10 s, 100 a second, 30 s left"]


TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s ORDER BY 1",
    "postgresql": "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text = %s",
}


def rules_of(table):
    """Every index and constraint of a table, and its triggers, as the database has them."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
        cursor.execute(TRIGGERS[connection.vendor], [table])
        return found, cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_many_are_written_without_indexes_and_every_rule_is_there_again_afterwards(monkeypatch):
    before = [rules_of(table) for table in loading.TABLE_NAMES]
    told = []
    monkeypatch.setattr(loading, "MANY", 50)
    loading.create(60, seed=7, now=timezone.now(), tell=told.append)
    assert any("analysis_list_changed" in statement for statement in told)
    assert not list(recount())
    assert search.hits("portal", 100).ids
    assert [rules_of(table) for table in loading.TABLE_NAMES] == before
    assert made_with(1)
    with pytest.raises(DatabaseError, match="append-only"):
        ActivityLogEntry.objects.all()._raw_delete(DEFAULT_DB_ALIAS)


@pytest.mark.django_db(transaction=True)
def test_rows_that_break_a_rule_are_found_at_the_end_and_nothing_is_kept(monkeypatch):
    before = [rules_of(table) for table in loading.TABLE_NAMES]
    monkeypatch.setattr(loading, "MANY", 50)
    monkeypatch.setattr(loading.sql, "INSERTS", [sql for sql in loading.sql.INSERTS if "scans_series" not in sql])
    with pytest.raises(IntegrityError):
        loading.create(60, seed=7, now=timezone.now())
    assert not Analysis.objects.exists()
    assert [rules_of(table) for table in loading.TABLE_NAMES] == before


def test_a_name_keeps_to_its_series():
    assert name(4, seed=1, number=9) == name(4, seed=1, number=9) != name(5, seed=1, number=9)


def test_a_story_reads_as_the_log_of_a_real_analysis():
    """Driven through the real verbs, a prescanned analysis of two URLs writes what its story says."""
    submission = transitions.Submission(
        name="Real", urls=("http://localhost/a", "http://localhost/b"), duration=timedelta(hours=1)
    )
    analysis = transitions.submit(submission, by=Actor.COMMAND)
    first, second = analysis.url_scans.order_by("position")
    transitions.begin_prescan(analysis)
    transitions.fail_checks(second, UrlScanStatus.CONNECTION_ERROR, step="name resolution", reason="")
    transitions.end_prescan(analysis, checked=2, passed=1)
    transitions.schedule(analysis)
    transitions.start(analysis)
    transitions.begin(first, engine="Wapiti", version="3.2.3")
    transitions.end(first, EndedBy.ITSELF, by=Actor.ENGINE)
    transitions.conclude_verification(first, {"confirmed": 0, "not_reproduced": 0, "not_replayable": 0})
    story = next(
        story
        for _, story in finished()
        if [scan.status for scan in story.scans] == ["completed_results_available", "connection_error"]
    )
    told = [(e.position, e.action, e.from_status, e.to_status, e.data) for e in story.entries]
    written = [
        (e.url_scan and e.url_scan.position, e.action, e.from_status, e.to_status, e.data)
        for e in analysis.activity.order_by("pk")
    ]
    assert written == told
    actors = [e.actor.replace("command", "user") for e in analysis.activity.order_by("pk")]
    assert actors == [e.actor for e in story.entries]

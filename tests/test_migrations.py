"""Migrations of large tables: they fill in what the product keeps, and PostgreSQL keeps answering meanwhile."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from importlib import import_module
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import F
from django.utils import timezone

from scans import activity
from scans.database.concurrent_indexes import AddIndexOnline
from scans.engines.events import FindingReported
from scans.engines.wapiti.traits import completed
from scans.maintenance.recount import recount
from scans.models import Actor, Analysis, AnalysisSearch, Finding, Mark, StatusCount, TriageMark, UrlScan
from scans.results import findings
from tests import factories, migrated
from tests.maintenance.test_recount import everything_that_happens

pytestmark = pytest.mark.django_db


def migration(name: str):
    return import_module(f"scans.migrations.{name}")


def test_what_migrations_fill_in_is_what_is_kept(monkeypatch):
    everything_that_happens()
    Analysis.objects.update(urls=0, findings_all=0, findings_shown=0, run_time=None)
    AnalysisSearch.objects.all().delete()
    StatusCount.objects.all().delete()
    monkeypatch.setattr(migration("0007_list_indexes"), "BATCH", 3)
    monkeypatch.setattr(migration("0008_search_texts"), "BATCH", 3)
    editor = SimpleNamespace(connection=connection)
    migration("0005_status_counts").install(apps, editor)
    with connection.cursor() as cursor:  # as the column was called when these migrations were written
        cursor.execute("ALTER TABLE scans_analysis RENAME COLUMN run_time TO ran")
        before_names = MigrationLoader(connection).project_state(("scans", "0019_schedule_switched_on")).apps
        migration("0007_list_indexes").fill_in(before_names, editor)
        cursor.execute("ALTER TABLE scans_analysis RENAME COLUMN ran TO run_time")
    migration("0008_search_texts").fill_in(apps, editor)
    migration("0030_weaknesses").count_again(apps, editor)
    assert list(recount()) == []


@pytest.mark.parametrize("name", ["0007_list_indexes", "0009_search_index"])
def test_large_indexes_are_made_outside_of_a_transaction(name):
    assert migration(name).Migration.atomic is False
    plain = [
        operation
        for operation in migration(name).Migration.operations
        if isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexOnline)
    ]
    assert plain == []


def test_a_migrated_database_is_kept_in_place_of_older_ones_and_copied(tmp_path):
    folder, database = tmp_path / "kept", tmp_path / "database"
    folder.mkdir()
    (folder / "older.sqlite3").touch()
    kept = migrated.file_in(folder)
    assert migrated.copy(kept, tmp_path / "copy") is False
    with closing(sqlite3.connect(database)) as open_database:
        open_database.execute("CREATE TABLE owl AS SELECT 7 AS age")
        open_database.commit()
        migrated.keep(database, kept)
    assert list(folder.iterdir()) == [kept]
    assert migrated.copy(kept, tmp_path / "copy") is True
    with closing(sqlite3.connect(tmp_path / "copy")) as copied:
        assert copied.execute("SELECT age FROM owl").fetchall() == [(7,)]


def test_another_migration_is_another_kept_database(tmp_path, monkeypatch):
    (tmp_path / "migrations").mkdir()
    monkeypatch.setattr(migrated, "ROOT", tmp_path)
    monkeypatch.setattr(migrated, "SOURCES", ("migrations",))
    names = set()
    for text in ("1", "2"):
        (tmp_path / "migrations" / "0001.py").write_text(text)
        names.add(migrated.file_in(tmp_path))
    assert len(names) == 2


# --- Marks and fingerprints ---------------------------------------------------------------------------------


ADDRESS = "http://127.0.0.1:9/"


def old_fingerprint(finding: Finding) -> str:
    """The fingerprint up to version 0.3.2."""
    parts = [finding.category, finding.method, finding.url.partition("?")[0], finding.parameter]
    return sha256("\0".join(parts).encode()).hexdigest()


def run_of(name: str, *reported: FindingReported) -> Analysis:
    """A published run of a series with these findings, as version 0.3.2 stored them."""
    analysis = factories.running(name=name)
    findings.store(analysis.url_scans.get(), reported)
    for finding in Finding.objects.filter(url_scan__analysis=analysis):
        finding.subject, finding.kind, finding.fingerprint = "", "", old_fingerprint(finding)
        finding.save()
    return analysis


def cookie(name: str) -> FindingReported:
    info = f"HttpOnly flag is not set in the cookie : {name}"
    return factories.reported(
        category="HttpOnly Flag cookie", url=ADDRESS, parameter="", module="cookieflags", info=info
    )


def methods(page: str, info: str = "HEAD (200)") -> FindingReported:
    info = f"Possible interesting methods (using heuristics) on {ADDRESS}{page}: {info}"
    values = {"category": "HTTP Methods", "parameter": "", "module": "methods"}
    return factories.reported(url=f"{ADDRESS}{page}", info=info, **values)


def injection(module: str, info: str, payload: str) -> FindingReported:
    info = f"{info} via injection in the parameter id"
    values = {"category": "SQL Injection", "parameter": "id", "module": module}
    return factories.reported(url=f"{ADDRESS}item?id={payload}", info=info, **values)


def mark_as_then(finding: Finding, decision: Mark, minutes: int = 0) -> None:
    """Mark a finding, with the entry that version 0.3.2 wrote into the log."""
    scan = finding.url_scan
    decided = {"mark": decision, "comment": "Known.", "at": timezone.now() + timedelta(minutes=minutes)}
    of_weakness = {"series": scan.analysis.series, "fingerprint": finding.fingerprint}
    before = TriageMark.objects.filter(**of_weakness).first()
    TriageMark.objects.update_or_create(**of_weakness, defaults=decided)
    activity.record(
        "url_scan.finding_marked",
        analysis=scan.analysis,
        url_scan=scan,
        by=Actor.COMMAND,
        finding=f"{finding.category}: {finding.url}"[:300],
        before=before.mark if before else "unreviewed",
        after=decision,
    )


def marks_after_upgrade(analysis: Analysis) -> list[str]:
    """The marks of its findings, in their order, after the migration."""
    migration("0028_fingerprints").carry_over(apps, SimpleNamespace(connection=connection))
    found = Finding.objects.filter(url_scan__analysis=analysis)
    return list(found.marked(analysis.series.marks).order_by("pk").values_list("mark", flat=True))


def taken_back(analysis: Analysis) -> list[dict]:
    entries = analysis.activity.filter(reason__contains="mark_was_for_several")
    return list(entries.values_list("data", flat=True))


def test_a_mark_of_one_weakness_stays_with_it_in_every_run():
    first = run_of("Shop", cookie("level"), injection("sql", "SQL Injection (DBMS: MySQL)", "1"))
    second = run_of("Shop", cookie("level"), injection("sql", "SQL Injection (DBMS: MySQL)", "2"))
    mark_as_then(Finding.objects.first(), Mark.ACCEPTED)
    assert marks_after_upgrade(second) == marks_after_upgrade(first) == ["accepted", "unreviewed"]
    assert TriageMark.objects.get().comment == "Known." and taken_back(first) == taken_back(second) == []


def test_a_mark_that_stood_for_two_cookies_is_taken_back_and_the_log_says_so():
    analysis = run_of("Shop", cookie("level"), cookie("session"))
    mark_as_then(Finding.objects.first(), Mark.ACCEPTED)
    assert marks_after_upgrade(analysis) == ["unreviewed", "unreviewed"]
    name = f"HttpOnly Flag cookie: {ADDRESS}"
    assert taken_back(analysis) == [{"finding": name, "before": "accepted", "after": "unreviewed"}]


def test_a_mark_of_two_techniques_stays_with_the_one_that_the_log_names():
    told = ("sql", "SQL Injection (DBMS: MySQL)", "%27"), ("timesql", "Blind SQL vulnerability", "sleep")
    analysis = run_of("Shop", *(injection(*values) for values in told))
    mark_as_then(Finding.objects.last(), Mark.FALSE_POSITIVE)
    assert marks_after_upgrade(analysis) == ["unreviewed", "false_positive"]
    assert taken_back(analysis) == []


def test_a_later_mark_counts_and_not_an_earlier_one_of_the_other_technique():
    told = ("sql", "SQL Injection (DBMS: MySQL)", "%27"), ("timesql", "Blind SQL vulnerability", "sleep")
    analysis = run_of("Shop", *(injection(*values) for values in told))
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        mark_as_then(Finding.objects.last(), Mark.ACCEPTED)
    mark_as_then(Finding.objects.first(), Mark.ACCEPTED)
    assert marks_after_upgrade(analysis) == ["accepted", "unreviewed"]


def test_a_weakness_that_was_found_after_the_mark_cannot_be_meant():
    analysis = run_of("Shop", cookie("level"))
    mark_as_then(Finding.objects.get(), Mark.ACCEPTED)
    later = run_of("Shop", cookie("level"), cookie("session"))
    assert marks_after_upgrade(analysis) == ["accepted"]
    assert marks_after_upgrade(later) == ["accepted", "unreviewed"]


def test_pages_with_the_same_mark_become_one_marked_weakness():
    analysis = run_of("Shop", methods(""), methods("about"), methods("delete", "DELETE (200)"))
    for minutes, finding in enumerate(Finding.objects.order_by("pk")[:2]):
        mark_as_then(finding, Mark.ACCEPTED, minutes)
    assert marks_after_upgrade(analysis) == ["accepted", "accepted", "unreviewed"]
    assert TriageMark.objects.count() == 1 and taken_back(analysis) == []


@pytest.mark.parametrize("others", [None, Mark.CONFIRMED])
def test_a_mark_of_one_page_is_taken_back_from_the_weakness_of_all_pages(others):
    analysis = run_of("Shop", methods(""), methods("about"))
    first, second = Finding.objects.order_by("pk")
    mark_as_then(first, Mark.ACCEPTED)
    if others:
        mark_as_then(second, others)
    assert marks_after_upgrade(analysis) == ["unreviewed", "unreviewed"]
    assert TriageMark.objects.count() == 0 and len(taken_back(analysis)) == (2 if others else 1)


def test_marks_of_another_series_and_of_findings_that_are_gone_change_nothing():
    analysis, other = run_of("Shop", cookie("level")), run_of("Other", cookie("level"), cookie("session"))
    for finding in Finding.objects.exclude(url_scan__analysis=other):
        mark_as_then(finding, Mark.ACCEPTED)
    TriageMark.objects.create(series=other.series, fingerprint="gone", mark=Mark.FIXED, at=timezone.now())
    assert marks_after_upgrade(analysis) == ["accepted"]
    assert marks_after_upgrade(other) == ["unreviewed", "unreviewed"] and taken_back(other) == []


def test_a_run_after_the_upgrade_has_the_same_weaknesses(monkeypatch):
    monkeypatch.setattr(migration("0028_fingerprints"), "BATCH", 2)
    told = [cookie("level"), cookie("session"), methods(""), methods("about"), injection("sql", "SQL Injection", "1")]
    earlier = run_of("Shop", *told)
    marks_after_upgrade(earlier)
    later = factories.running(name="Shop")
    findings.store(later.url_scans.get(), map(completed, told))
    here, there = (Finding.objects.filter(url_scan__analysis=analysis) for analysis in (later, earlier))
    assert here.changes_since(there) == {"new": 0, "still": 4, "gone": 0}


# --- Counts of weaknesses -----------------------------------------------------------------------------------


def test_counts_become_counts_of_weaknesses(monkeypatch):
    monkeypatch.setattr(migration("0030_weaknesses"), "BATCH", 2)
    two = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    everything_that_happens()
    factories.on_every_page("", "about", urls=two)
    hidden = factories.ended(*two, publication="reviewer")
    kept = list(Analysis.objects.order_by("pk").values_list("pk", "findings_all", "findings_shown"))
    counted = list(UrlScan.objects.order_by("pk").values_list("pk", "findings_high", "findings_info"))
    UrlScan.objects.filter(findings_info__gt=0).update(findings_info=2)  # as up to version 0.3.2
    Analysis.objects.present().filter(url_scans__findings_high__gt=0).update(findings_all=F("findings_all") * 2)
    migration("0030_weaknesses").count_again(apps, SimpleNamespace(connection=connection))
    assert list(Analysis.objects.order_by("pk").values_list("pk", "findings_all", "findings_shown")) == kept
    assert list(UrlScan.objects.order_by("pk").values_list("pk", "findings_high", "findings_info")) == counted
    assert factories.fresh(hidden).findings_all > factories.fresh(hidden).findings_shown == 0
    assert list(recount()) == []

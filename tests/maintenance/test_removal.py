"""Removing what is not kept: all of it and nothing else, a few rows at a time, again where it broke off."""

import shutil
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from scans import transitions
from scans.artifacts import keep_picture
from scans.engines.events import AddressSeen, ModuleFailed, Reach
from scans.login.base import Login, Method
from scans.maintenance import removal
from scans.models import (
    Actor,
    Analysis,
    CrawledUrl,
    CrawlScript,
    Finding,
    ModuleError,
    Screenshot,
    StopMode,
    TargetCheck,
    TargetLogin,
)
from scans.results import coverage, module_errors
from scans.statuses import UrlScanStatus
from scans.tasks import delete_results
from scans.transitions import Access, Turn
from tests import factories
from tests.rows import tasks

pytestmark = pytest.mark.django_db
TWO = ("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")


@pytest.fixture(autouse=True)
def _files(tmp_path, settings):
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"


def full(*urls, **fields):
    """An ended analysis with everything that can be kept of one."""
    analysis = factories.published(*urls, **fields)
    for scan in analysis.url_scans.all():
        scan.directory.mkdir(parents=True)
        (scan.directory / "engine.log").write_text("what the engine said")
        check = TargetCheck.objects.create(url_scan=scan, at=timezone.now(), occasion="start", step="page", passed=True)
        keep_picture(scan, Screenshot.Shows.TARGET, b"a picture", check)
        module_errors.store(scan, [ModuleFailed(module="xss", error="TypeError: owl")])
        coverage.store(scan, [AddressSeen(method="GET", url=scan.url, status=200, reach=Reach.FOUND)])
    return analysis


def kept(analysis):
    """How much there is of what, and the files that there are."""
    scans = list(analysis.url_scans.all())
    rows = {"findings": Finding, "checks": TargetCheck, "addresses": CrawledUrl, "pictures": Screenshot}
    rows["errors"] = ModuleError
    return {
        **{name: model.objects.filter(url_scan__in=scans).count() for name, model in rows.items()},
        "evidence": Finding.objects.filter(url_scan__in=scans).exclude(http_request="").count(),
        "directories": sum(scan.directory.exists() for scan in scans),
        "files": sum(Path(picture.image.path).exists() for picture in Screenshot.objects.filter(url_scan__in=scans)),
    }


def mark(analysis, **columns):
    Analysis.objects.filter(pk=analysis.pk).update(**columns)
    return factories.fresh(analysis)


ALL = {
    "errors": 2,
    "findings": 2,
    "checks": 2,
    "addresses": 2,
    "pictures": 2,
    "evidence": 2,
    "directories": 2,
    "files": 2,
}


def test_of_what_is_not_marked_everything_stays():
    analysis = full(*TWO)
    entries = analysis.activity.count()
    removal.remove(analysis)
    assert kept(analysis) == ALL and analysis.activity.count() == entries


def test_evidence_goes_with_the_engines_files_and_the_findings_stay():
    analysis = mark(full(*TWO), evidence_expired_at=timezone.now())
    removal.remove(analysis)
    assert kept(analysis) == ALL | {"evidence": 0, "directories": 0}
    finding = Finding.objects.first()
    assert finding.category and finding.info and finding.fingerprint
    blank = {name: getattr(finding, name) for name in removal.NO_EVIDENCE}
    assert blank == removal.NO_EVIDENCE


def test_screenshots_go_and_their_files():
    analysis = full(*TWO)
    paths = [Path(picture.image.path) for picture in Screenshot.objects.all()]
    removal.remove(mark(analysis, screenshots_expired_at=timezone.now()))
    assert kept(analysis) == ALL | {"pictures": 0, "files": 0}
    assert not any(path.exists() for path in paths)


def test_of_a_deleted_analysis_nothing_stays_but_its_log():
    analysis, other = full(*TWO), full(*TWO)
    transitions.delete(analysis, by=Actor.COMMAND)
    entries = analysis.activity.count()
    removal.remove(factories.fresh(analysis))
    assert kept(analysis) == dict.fromkeys(ALL, 0) and kept(other) == ALL
    assert analysis.activity.count() == entries


def test_of_a_log_that_expired_what_was_written_since_stays():
    analysis = full()
    mark(analysis, log_expired_at=timezone.now())
    transitions.run_again(analysis, by=Actor.COMMAND)
    removal.remove(factories.fresh(analysis))
    assert list(analysis.activity.values_list("action", flat=True)) == ["analysis.run_again"]


def test_it_may_be_done_again_and_a_file_that_is_not_there_is_no_error():
    analysis = full()
    scan = analysis.url_scans.get()
    shutil.rmtree(scan.directory)
    Path(scan.screenshots.get().image.path).unlink()
    analysis = mark(analysis, evidence_expired_at=timezone.now(), screenshots_expired_at=timezone.now())
    removal.remove(analysis)
    removal.remove(analysis)
    assert kept(analysis)["pictures"] == 0


def test_a_file_that_cannot_be_removed_is_told_keeps_nothing_else_and_is_tried_again(monkeypatch):
    analysis = full(*TWO)
    analysis = mark(analysis, evidence_expired_at=timezone.now(), screenshots_expired_at=timezone.now())
    stuck = analysis.url_scans.first().directory
    rmtree = shutil.rmtree

    def refuse(path):
        if path == stuck:
            raise PermissionError(f"{path} is held")
        rmtree(path)

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with pytest.raises(removal.NotRemoved, match="is held"):
        removal.remove(analysis)
    assert kept(analysis) == ALL | {"evidence": 0, "directories": 1, "pictures": 0, "files": 0}
    monkeypatch.undo()
    shutil.rmtree(stuck)


def test_a_picture_that_cannot_be_removed_keeps_its_row_so_that_it_is_found_again(monkeypatch):
    analysis = mark(full(*TWO), screenshots_expired_at=timezone.now())

    def refuse(name):
        raise PermissionError(f"{name} is held")

    storage = Screenshot.objects.first().image.storage
    monkeypatch.setattr(storage, "delete", refuse)
    with pytest.raises(removal.NotRemoved, match="is held"):
        removal.remove(analysis)
    assert kept(analysis) == ALL


def rows_touched(monkeypatch, analysis) -> list[int]:
    """How many rows each transaction of a removal changed."""
    touched = []
    real = removal._in_batches

    def note(rows, act, *options, **values):
        real(rows, lambda few: touched.append(few.count()) or act(few), *options, **values)

    monkeypatch.setattr(removal, "_in_batches", note)
    with CaptureQueriesContext(connection) as asked:
        removal.remove(analysis)
    begun = [one for one in asked if one["sql"].startswith("SAVEPOINT")]
    assert len(begun) >= len(touched)  # each in a transaction of its own
    return touched


@pytest.mark.parametrize("marks", [("deleted_at",), ("evidence_expired_at", "log_expired_at")])
def test_no_transaction_touches_more_rows_than_a_few_however_many_there_are(monkeypatch, marks):
    monkeypatch.setattr(removal, "ROWS_AT_ONCE", 4)
    analysis = full(number_of_findings=11)
    analysis = mark(analysis, **dict.fromkeys(marks, timezone.now()))
    touched = rows_touched(monkeypatch, analysis)
    assert max(touched) == 4 and sum(touched) >= 11


def test_a_task_removes_after_everything_that_somebody_waits_for():
    analysis = full()
    transitions.delete(analysis, by=Actor.COMMAND)
    result = DBTaskResult.objects.get(task_path="scans.tasks.remove_data")
    assert result.priority < 0 and DBTaskResult.objects.order_by("-priority").first() != result
    result.task.func(*result.args_kwargs["args"])
    assert kept(analysis) == dict.fromkeys(ALL, 0)


def test_logins_and_scripts_go_with_the_last_analysis_that_refers_to_them():
    url = TWO[0]
    login = TargetLogin.of(Login(method=Method.BASIC, username="ada", password="owls"))
    access = Access(login=login, crawl_script=CrawlScript.of("walk.side", "{}"))
    first = factories.published(url, access={url: access})
    second = transitions.run_again(first, by=Actor.COMMAND)
    transitions.stop_analysis(second, "save", by=Actor.COMMAND)
    for analysis, left in ((first, 1), (second, 0)):
        transitions.delete(factories.fresh(analysis), by=Actor.COMMAND)
        removal.remove(factories.fresh(analysis))
        assert TargetLogin.objects.count() == CrawlScript.objects.count() == left


def test_a_replaced_login_of_a_draft_is_removed():
    url = TWO[0]
    login = TargetLogin.of(Login(method=Method.BASIC, username="ada", password="owls"))
    analysis = transitions.save(factories.submission(url, access={url: Access(login=login)}), by=Actor.COMMAND)
    transitions.change_access(analysis.url_scans.get(), None, by=Actor.COMMAND)
    removal.remove(analysis)
    assert not TargetLogin.objects.exists() and analysis.url_scans.count() == 1


def test_a_removal_makes_way_for_others_and_goes_on_where_it_was(monkeypatch):
    monkeypatch.setattr(removal, "ROWS_AT_ONCE", 1)
    analysis = full(*TWO, number_of_findings=3)
    transitions.delete(analysis, by=Actor.COMMAND)
    DBTaskResult.objects.all().delete()
    looks = iter([False, False, True, *[False] * 50])
    monkeypatch.setattr(Turn, "is_over", lambda turn: next(looks))
    removal.remove(factories.fresh(analysis))
    assert kept(analysis)["findings"] == 4 and tasks("remove_data") == [analysis.pk]
    removal.remove(factories.fresh(analysis))
    assert kept(analysis) == dict.fromkeys(ALL, 0) and tasks("remove_data") == [analysis.pk]


def test_results_of_a_stopped_scan_are_deleted_a_few_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(removal, "ROWS_AT_ONCE", 2)
    analysis = factories.ended(number_of_findings=5)
    scan = analysis.url_scans.get()
    transitions.stop_analysis(analysis, StopMode.DELETE, by=Actor.COMMAND)
    touched, delete = [], QuerySet.delete
    monkeypatch.setattr(QuerySet, "delete", lambda rows: touched.append(rows.count()) or delete(rows))
    delete_results.func(scan.pk)
    assert max(touched) == 2 and sum(touched) == 5 and factories.fresh(scan).status == UrlScanStatus.STOPPED

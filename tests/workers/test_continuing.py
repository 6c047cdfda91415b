"""A scan continues from its session on whatever host, begins again only if there is none, and says which of both."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from scans import artifacts, transitions
from scans.models import Actor, Analysis, Artifact, Installation, StopMode
from scans.statuses import UrlScanStatus as U
from scans.tasks import delete_results
from scans.workers import supervision
from scans.workers.continuing import prepared
from tests import factories as make
from tests.artifacts.flaky import names
from tests.artifacts.scans_of_hosts import AT_ONCE
from tests.artifacts.scans_of_hosts import pause as pause_with_files
from tests.artifacts.scans_of_hosts import running as running_with_files
from tests.rows import tasks
from tests.workers.playing import ANSWERED, FINDING, OFTEN, REPORT, STARTED, once, pause, paused, queued, run, run_for

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_shutdown_left")]
QUICK = replace(OFTEN, for_storage=0)


def told(scan):
    """The last entry about the engine's start, with its reason."""
    entry = scan.analysis.activity.filter(action__in=("url_scan.went_on", "url_scan.began_again")).first()
    return entry.action, entry.reason.code


@pytest.mark.parametrize("place", ["folder", "storage"])
def test_a_session_that_is_there_is_continued_and_one_that_is_gone_is_not_said_to_be(site, on, request, place):
    if place == "storage":
        request.getfixturevalue("remote")
    scan = paused(queued(site))
    if place == "storage":
        on("b")
    again = once(scan, U.IN_PROGRESS, pause)
    scan = run(scan, STARTED, run_for(30))
    again.join()
    assert scan.status == U.PAUSED and told(scan) == ("url_scan.went_on", "")
    if place == "storage":
        default_storage.delete(scan.artifacts.get(kind=Artifact.Kind.SESSION).name)
    else:
        shutil.rmtree(scan.directory)
    transitions.resume(scan, by=Actor.COMMAND)
    scan = run(scan, STARTED, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS
    assert told(scan) == ("url_scan.began_again", "session_missing")
    assert scan.urls_crawled == 3  # not those of the first attempt once more


def test_of_a_scan_that_ended_log_and_report_are_kept_and_no_session(site, on, remote):
    scan = run(queued(site), STARTED, FINDING, ANSWERED, REPORT)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and not scan.directory.exists()
    assert {row.kind for row in scan.artifacts.all()} == {"log", "report"} and len(names(default_storage)) == 2


def test_a_storage_that_fails_is_no_verdict_and_the_log_says_where_the_session_is(site, on, remote, down):
    Installation.objects.create(pk=1, identity="this one", key_mark="")
    scan = queued(site)
    remote.broken = down
    handed_over = once(scan, U.IN_PROGRESS, lambda scan: supervision.shutdown_requested.set())
    scan = run(scan, STARTED, FINDING, run_for(30), timing=QUICK)
    handed_over.join()
    assert scan.status == U.RESUMING and not scan.lease_holder
    entry = scan.analysis.activity.filter(action="url_scan.worker_left").get()
    assert entry.reason.code == "session_elsewhere" and entry.reason.facts["host"] == "a"
    assert Installation.current().storage_failed_at


def test_an_ended_scan_keeps_its_verdict_although_the_storage_fails(site, on, remote, down):
    remote.broken = down
    scan = run(queued(site), STARTED, FINDING, ANSWERED, REPORT, timing=QUICK)
    assert scan.status == U.COMPLETED_VERIFYING_RESULTS and (scan.directory / "report.json").exists()


@pytest.fixture
def waiting(on, remote, down):
    """A scan that a worker has taken, whose session cannot be read now."""
    scan = running_with_files()
    make.find(scan)
    pause_with_files(scan)
    on("b")
    remote.broken = down
    transitions.resume(make.fresh(scan), by=Actor.COMMAND)
    return transitions.take(scan.pk, "next", among=[U.RESUMING])


NOW = replace(AT_ONCE, between_checks=0.01)


def test_a_worker_that_is_shut_down_while_the_storage_fails_leaves_the_scan(waiting):
    supervision.shutdown_requested.set()
    assert prepared(waiting, NOW) is None
    scan = make.fresh(waiting)
    assert scan.status == U.RESUMING and not scan.lease_holder


@pytest.mark.parametrize(
    ("act", "status"),
    [
        (lambda scan: transitions.pause(scan, by=Actor.COMMAND), U.PAUSED),
        (lambda scan: transitions.stop(scan, StopMode.SAVE, by=Actor.COMMAND), U.STOPPED_VERIFYING_PARTIAL_RESULTS),
        (lambda scan: transitions.stop(scan, StopMode.DELETE, by=Actor.COMMAND), U.STOPPING_DELETING_RESULTS),
        (
            lambda scan: Analysis.objects.filter(pk=scan.analysis_id).update(
                expires_at=timezone.now() - timedelta(seconds=1)
            ),
            U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        ),
    ],
    ids=["paused", "stopped", "deleted", "out of time"],
)
def test_a_scan_that_waits_for_the_storage_can_be_paused_and_stopped(waiting, act, status):
    act(make.fresh(waiting))
    assert prepared(waiting, NOW) is None and make.fresh(waiting).status == status


def test_it_continues_once_the_storage_works_again(waiting, remote, monkeypatch):
    really_prepare, tries = artifacts.prepare, []

    def prepare(scan, **how):
        tries.append(how["wait"])
        if len(tries) == 3:
            remote.broken = None
        return really_prepare(scan, **how)

    monkeypatch.setattr(artifacts, "prepare", prepare)
    assert prepared(waiting, NOW) is not None and len(tries) == 3
    assert make.fresh(waiting).status == U.RESUMING and (waiting.directory / "session" / "pages.db").exists()


def test_a_session_that_another_host_never_uploads_is_done_without_after_a_while(waiting, remote):
    remote.broken = None
    waiting.artifacts.update(name="", host="a")
    assert prepared(waiting, replace(NOW, for_delivery=0.05)).code == "session_unsaved"


def test_results_are_deleted_by_a_task_if_their_files_cannot_be_deleted_now(site, on, remote, down):
    scan = queued(site)

    def stop_and_break(scan):
        transitions.stop(scan, StopMode.DELETE, by=Actor.COMMAND)
        Artifact.objects.create(url_scan=scan, kind="log", name="scans/old", host="b", at=timezone.now())
        remote.broken = down

    stopped = once(scan, U.IN_PROGRESS, stop_and_break)
    scan = run(scan, STARTED, FINDING, run_for(30), timing=QUICK)
    stopped.join()
    assert scan.status == U.STOPPING_DELETING_RESULTS and scan.lease_holder  # until its lease runs out
    make.lose(scan)
    transitions.recover(make.fresh(scan))
    assert tasks("delete_results") == [scan.pk]
    with pytest.raises(OSError, match="no answer"):
        delete_results.func(scan.pk)
    assert make.fresh(scan).status == U.STOPPING_DELETING_RESULTS
    remote.broken = None
    delete_results.func(scan.pk)
    assert make.fresh(scan).status == U.STOPPED and not names(default_storage)

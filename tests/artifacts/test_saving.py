"""What an engine left is saved when it has stopped, or stays with this host and is said to."""

import pytest
from django.core.files.storage import default_storage

from scans import artifacts, transitions
from scans.artifacts import saving
from scans.models import Artifact, Installation, UrlScan
from tests.artifacts.flaky import names
from tests.artifacts.scans_of_hosts import AT_ONCE, pause, resume, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def installation(db):
    return Installation.objects.create(pk=1, identity="this one", key_mark="")


def test_in_a_folder_everything_stays_where_it_is(on):
    scan = running()
    assert not pause(scan)
    session = scan.artifacts.get()
    assert session.kind == Artifact.Kind.SESSION and not session.name and len(session.digest) == 64
    assert (scan.directory / "engine.log").exists() and (scan.directory / "report.json").exists()


def test_in_a_storage_session_log_and_report_are_uploaded_and_the_folder_goes(on, remote):
    scan = running()
    pause(scan)
    assert {name.rpartition("/")[2].partition("-")[0] for name in names(default_storage)} == {
        "session",
        "log",
        "report",
    }
    assert not scan.directory.exists() and not scan.artifacts.unwanted().exists()


def test_newer_files_replace_older_ones_in_the_storage(on, remote):
    scan = running()
    pause(scan)
    before = set(names(default_storage))
    scan, _ = resume(scan)
    pause(scan)
    after = set(names(default_storage))
    assert len(before | after) == 5 and len(after) == 3  # the engine wrote one report
    assert sorted(scan.artifacts.values_list("name", flat=True)) == sorted(after)


def test_nobody_continues_from_the_session_of_a_scan_that_has_ended(on, remote):
    scan = running()
    pause(scan)
    scan, _ = resume(scan)
    artifacts.save(scan, with_session=False, timing=AT_ONCE)
    assert not [name for name in names(default_storage) if "session" in name]


def test_a_storage_that_fails_leaves_the_files_with_this_host_and_is_noted(on, remote, down, installation):
    scan = running()
    remote.broken = down
    assert str(pause(scan)) == "The storage of files gives no answer."
    assert (scan.directory / "session" / "pages.db").exists()
    assert {(row.kind, row.name, row.host) for row in scan.artifacts.wanted()} == {
        ("session", "", "a"),
        ("log", "", "a"),
        ("report", "", "a"),
    }
    installation.refresh_from_db()
    assert installation.storage_failed_at and installation.storage_problem.code == "storage_silent"


def test_a_storage_that_works_again_is_noted(on, remote, down, installation):
    Installation.note_storage(down.why)
    pause(running())
    installation.refresh_from_db()
    assert installation.storage_failed_at is None and not installation.storage_problem


def test_a_failure_of_a_moment_is_tried_again_at_once(on, remote, down, monkeypatch):
    scan, tries = running(), []
    really_send = saving.send

    def send(row, directory):
        tries.append(row)
        remote.broken = down if len(tries) < 3 else None
        really_send(row, directory)

    monkeypatch.setattr(saving, "send", send)
    patient = AT_ONCE.__class__(for_storage=60, between_renewals=0.01)
    assert not artifacts.save(scan, with_session=True, timing=patient)
    assert len(tries) == 5 and not scan.directory.exists()


def test_a_worker_that_lost_its_scan_saves_nothing_of_it(on, remote):
    scan = running()
    UrlScan.objects.filter(pk=scan.pk).update(lease_holder="another")
    with pytest.raises(transitions.LeaseLost):
        artifacts.save(scan, with_session=True, timing=AT_ONCE)
    assert not scan.artifacts.wanted().exclude(name="").exists() and scan.directory.exists()

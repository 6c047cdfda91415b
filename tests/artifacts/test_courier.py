"""What could not be uploaded or deleted at once is done later, by the host that has it."""

import socket
import threading
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from scans import artifacts
from scans.artifacts import courier
from scans.artifacts.folder import Mark, write_mark
from scans.models import Artifact, Installation, Screenshot, UrlScan
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.artifacts.flaky import names
from tests.artifacts.scans_of_hosts import pause, resume, running, session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on", "installation")]


@pytest.fixture
def installation(db):
    return Installation.objects.create(pk=1, identity="this one", key_mark="")


@pytest.fixture
def left(remote, down):
    """A paused scan whose files are still with this host."""
    scan = running()
    remote.broken = down
    pause(scan)
    remote.broken = None
    return scan


def test_this_host_uploads_what_it_could_not_before(left, on, installation):
    artifacts.catch_up()
    assert len(names(default_storage)) == 3 and not left.artifacts.filter(name="").exists()
    installation.refresh_from_db()
    assert installation.storage_failed_at is None
    on("b")
    scan, why = resume(left)
    assert not why and session(scan) == "pages"


def test_another_host_and_a_storage_that_still_fails_change_nothing(left, on, remote, down, installation):
    on("b")
    artifacts.catch_up()
    on("a")
    remote.broken = down
    artifacts.catch_up()
    remote.broken = None
    assert not names(default_storage) and left.artifacts.wanted().filter(name="").count() == 3
    installation.refresh_from_db()
    assert installation.storage_failed_at


def test_a_host_that_has_another_name_since_uploads_the_session_that_it_has(left, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "a-again")
    artifacts.catch_up()
    assert left.artifacts.wanted().get(kind="session").name
    assert [name for name in names(default_storage) if "session" in name]


def test_nothing_older_replaces_what_another_host_saved_since(left, on):
    on("b")
    UrlScan.objects.filter(pk=left.pk).update(status=U.PAUSED)
    newer = Artifact.objects.create(
        url_scan=left, kind="session", name="scans/newer", digest="n", host="b", at=timezone.now()
    )
    left.artifacts.filter(kind="session", pk__lt=newer.pk).discard()
    on("a")
    artifacts.catch_up()
    assert left.artifacts.wanted().filter(kind="session").get() == newer


def test_a_session_that_was_changed_in_the_folder_is_not_uploaded(left):
    (left.directory / "session" / "pages.db").write_text("other")
    artifacts.catch_up()
    assert not left.artifacts.wanted().filter(kind="session").exists()
    assert not [name for name in names(default_storage) if "session" in name]


def test_what_could_not_be_deleted_is_deleted_later(left, remote, down):
    artifacts.catch_up()
    remote.broken = down
    assert artifacts.remove(make.fresh(left))
    remote.broken = None
    assert len(names(default_storage)) == 3
    Artifact.objects.unwanted().update(unwanted_at=timezone.now() - courier.LONGEST_UPLOAD - timedelta(seconds=1))
    artifacts.catch_up()
    assert not names(default_storage) and not Artifact.objects.exists()


def test_the_storage_is_asked_whether_it_works_again_although_nothing_waits(remote, down, installation):
    Installation.note_storage(down.why)
    remote.broken = down
    artifacts.catch_up()
    installation.refresh_from_db()
    assert installation.storage_failed_at
    remote.broken = None
    artifacts.catch_up()
    installation.refresh_from_db()
    assert installation.storage_failed_at is None


def test_folders_that_nobody_needs_are_removed_and_no_others(left, settings):
    ended = make.published().url_scans.get()
    for scan in (ended, left):
        write_mark(scan.directory, Mark(f"this one {scan.pk}"))
    other = settings.VAR_DIR / "scans" / "999999"
    write_mark(other, Mark("another database 999999"))
    courier._clear_folders()
    assert not ended.directory.exists() and left.directory.exists() and other.exists()


def test_pictures_are_delivered_and_those_of_deleted_rows_are_not(remote, settings, monkeypatch):
    scan = make.submitted().url_scans.get()
    for image in (b"kept", b"deleted"):
        artifacts.keep_picture(scan, Screenshot.Shows.TARGET, image)
    scan.screenshots.last().delete()
    monkeypatch.setattr("scans.artifacts.pictures.SECONDS_TO_NOTE", 0)
    artifacts.catch_up()
    name = scan.screenshots.get().image.name
    assert names(default_storage) == [name] and default_storage.open(name).read() == b"kept"
    assert not list((settings.VAR_DIR / "pictures").iterdir())


def test_a_worker_that_ends_catches_up_once_more(remote, left):
    over = threading.Event()
    over.set()
    artifacts.keep_catching_up(over)
    assert len(names(default_storage)) == 3


def test_an_error_does_not_end_the_catching_up(remote, monkeypatch, caplog):
    over, calls = threading.Event(), []

    def fail():
        calls.append(1)
        if len(calls) == 2:
            over.set()
        raise OSError("owl")

    monkeypatch.setattr(courier, "catch_up", fail)
    monkeypatch.setattr(courier, "CATCH_UP_SECONDS", 0.01)
    artifacts.keep_catching_up(over)
    assert len(calls) >= 2 and "tried again" in caplog.text


def test_in_a_folder_there_is_nothing_to_catch_up_with(settings):
    default_storage.save("databases/of-a-test", ContentFile(b""))
    artifacts.catch_up()
    assert not (settings.VAR_DIR / "courier.lock").exists()

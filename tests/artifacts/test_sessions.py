"""A scan continues from the session that was saved, or begins again and says why."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from scans import artifacts, transitions
from scans.artifacts.folder import Mark, identity, write_mark
from scans.models import Artifact, UrlScan
from scans.statuses import UrlScanStatus as U
from tests import factories as make
from tests.artifacts.scans_of_hosts import AT_ONCE, pause, resume, running, session, work

pytestmark = pytest.mark.django_db(transaction=True)  # leases are renewed beside a thread


@pytest.fixture(params=["folder", "storage"])
def kept(request, on):
    """Both places in which sessions are kept."""
    if request.param == "storage":
        request.getfixturevalue("remote")
    return request.param


def stored(scan):
    return scan.artifacts.wanted().get(kind=Artifact.Kind.SESSION)


def test_a_scan_continues_from_the_session_that_was_saved(kept):
    scan = running()
    pause(scan)
    scan, why = resume(scan)
    assert not why and session(scan) == "pages"


def test_it_continues_again_and_again_each_time_from_the_last_session(kept):
    scan = running("first")
    for text in ("second", "third"):
        pause(scan)
        scan, why = resume(scan, holder=text)
        assert not why
        work(scan, text)
    pause(scan)
    scan, why = resume(scan)
    assert not why and session(scan) == "third"


def test_what_a_lost_worker_of_this_host_left_is_continued(kept):
    scan = running("first")
    pause(scan)
    scan, _ = resume(scan)
    work(scan, "more, not saved")
    scan = taken_after_a_loss(scan)
    assert not artifacts.prepare(scan, timing=AT_ONCE) and session(scan) == "more, not saved"


def taken_after_a_loss(scan):
    make.lose(scan)
    transitions.recover(make.fresh(scan))
    return transitions.take(scan.pk, "another", among=[U.RESUMING])


def damage(kept, scan):
    if kept == "folder":
        (scan.directory / "session" / "pages.db").write_text("pagez")
        return
    name = stored(scan).name
    default_storage.delete(name)
    default_storage.save(name, ContentFile(b"no archive"))


def lose_files(kept, scan):
    if kept == "folder":
        (scan.directory / "session" / "pages.db").unlink()
    else:
        default_storage.delete(stored(scan).name)


@pytest.mark.parametrize(("spoil", "code"), [(damage, "session_changed"), (lose_files, "session_missing")])
def test_a_session_that_is_damaged_or_missing_is_never_continued_from(kept, spoil, code):
    scan = running()
    pause(scan)
    spoil(kept, scan)
    scan, why = resume(scan)
    assert why.code == code and not session(scan)
    assert not scan.artifacts.wanted().filter(kind=Artifact.Kind.SESSION).exists()


def test_a_session_that_was_changed_while_paused_is_noticed_however_often_it_was_saved_before(on):
    scan = running()
    for holder in ("one", "two"):
        pause(scan)
        scan, why = resume(scan, holder)
        assert not why
    pause(scan)
    damage("folder", scan)
    assert resume(scan)[1].code == "session_changed"


def test_another_host_continues_with_session_and_log(on, remote):
    scan = running()
    pause(scan)
    on("b")
    scan, why = resume(scan)
    assert not why and session(scan) == "pages"
    assert (scan.directory / "engine.log").read_text() == "found pages\n"


def test_a_host_that_ran_it_before_takes_the_newer_session_of_the_other(on, remote):
    scan = running("old")
    pause(scan)
    left_behind, scan = resume(scan)[0].directory, make.fresh(scan)
    on("b")
    scan = taken_after_a_loss(scan)
    assert not artifacts.prepare(scan, timing=AT_ONCE)
    work(scan, "new")
    pause(scan)
    on("a")
    assert (left_behind / "session").exists()
    scan, why = resume(scan, holder="third")
    assert not why and session(scan) == "new"


def test_a_scan_that_another_host_lost_unsaved_begins_again(on, remote):
    scan = running()
    on("b")
    scan = taken_after_a_loss(scan)
    assert artifacts.prepare(scan, timing=AT_ONCE).code == "session_unsaved"


def test_a_storage_that_fails_is_no_reason_to_begin_again(on, remote, down):
    scan = running()
    pause(scan)
    on("b")
    remote.broken = down
    with pytest.raises(OSError, match="gives no answer"):
        resume(scan)
    remote.broken = None
    scan = UrlScan.objects.select_related("analysis").get(pk=scan.pk)
    assert not artifacts.prepare(scan, timing=AT_ONCE) and session(scan) == "pages"


def test_a_session_that_another_host_has_not_uploaded_yet_is_waited_for_then_done_without(on, remote, down):
    scan = running()
    remote.broken = down
    assert pause(scan).code == "storage_silent"
    remote.broken = None
    on("b")
    with pytest.raises(artifacts.NotDelivered) as waits:
        resume(scan)
    assert waits.value.host == "a"
    scan = UrlScan.objects.select_related("analysis").get(pk=scan.pk)
    assert artifacts.prepare(scan, timing=AT_ONCE, wait=False).code == "session_unsaved"


def test_the_folder_of_a_scan_with_the_same_id_of_another_time_is_not_used(on):
    scan = running()
    pause(scan)
    write_mark(scan.directory, Mark("another database 1"))
    assert resume(scan)[1].code == "session_missing"
    new = transitions.take(make.started().url_scans.get().pk, "worker", among=[U.QUEUED])
    write_mark(new.directory, Mark("another database 1"))
    work(new, "of somebody else")
    assert not artifacts.prepare(new, timing=AT_ONCE) and not session(new)


def test_the_identity_of_a_scan_names_its_database_and_its_time(on):
    one, other = (make.submitted().url_scans.get() for _ in range(2))
    assert identity(one) != identity(other)


@pytest.mark.parametrize("spoiled", [False, True])
def test_a_run_continues_from_the_saved_session_of_an_earlier_run(kept, spoiled, on):
    earlier = running()
    artifacts.save(earlier, with_session=True, timing=AT_ONCE)
    if spoiled:
        damage(kept, earlier)
    scan = make.started("http://127.0.0.1:9/again").url_scans.get()
    UrlScan.objects.filter(pk=scan.pk).update(continues=earlier)
    scan = transitions.take(scan.pk, "worker", among=[U.QUEUED])
    why = artifacts.prepare(scan, timing=AT_ONCE)
    assert (why.code, session(scan)) == (("session_changed", "") if spoiled else ("", "pages"))
    assert stored(earlier)

"""Where the log of a scan is read: here, in the storage, or not from here."""

import pytest

from scans import artifacts
from scans.artifacts.folder import Mark, write_mark
from tests import factories as make
from tests.artifacts.scans_of_hosts import pause, resume, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on")]


def read(scan):
    with artifacts.log_of(make.fresh(scan)).open() as file:
        return file.read()


def test_in_a_folder_it_is_read_there(on):
    scan = running()
    assert artifacts.log_of(scan) and read(scan) == b"found pages\n"


def test_while_a_scan_runs_elsewhere_its_host_is_told(on, remote):
    scan = running()
    assert read(scan) == b"found pages\n"
    on("b")
    log = artifacts.log_of(make.fresh(scan))
    assert not log and log.host == "a"
    with pytest.raises(FileNotFoundError):
        log.open()


def test_once_it_is_paused_every_host_can_read_it_and_later_the_part_until_then(on, remote):
    scan = running()
    pause(scan)
    on("b")
    assert read(scan) == b"found pages\n" and not artifacts.log_of(make.fresh(scan)).host
    resume(scan)
    on("c")
    log = artifacts.log_of(make.fresh(scan))
    assert log.host == "b" and read(scan) == b"found pages\n"


def test_the_log_in_a_folder_of_another_scan_is_not_shown(on, remote):
    scan = running()
    write_mark(scan.directory, Mark("another"))
    assert not artifacts.log_of(make.fresh(scan))

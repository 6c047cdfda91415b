"""Deleting what a scan left deletes it everywhere, and says what failed."""

import pytest
from django.core.files.storage import default_storage

from scans import artifacts
from scans.models import Screenshot
from tests import factories as make
from tests.artifacts.flaky import names
from tests.artifacts.scans_of_hosts import pause, running

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on")]


def test_session_log_report_and_pictures_go_from_storage_and_folder(remote):
    scan = running()
    pause(scan)
    artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")
    artifacts.catch_up()
    scan.directory.mkdir()
    assert artifacts.remove(make.fresh(scan)) + artifacts.remove_pictures(scan) == []
    assert not names(default_storage) and not scan.directory.exists()
    assert not scan.artifacts.exists() and not scan.screenshots.exists()


def test_a_storage_that_fails_is_not_asked_for_each_file_and_can_be_asked_again(remote, down):
    scan = running()
    pause(scan)
    for _ in range(3):
        artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")
    remote.broken = down
    assert artifacts.remove(make.fresh(scan)) == [down] and artifacts.remove_pictures(scan) == [down]
    assert scan.artifacts.unwanted().count() == 6 and not scan.screenshots.exists()
    remote.broken = None
    assert artifacts.remove(make.fresh(scan)) + artifacts.remove_pictures(scan) == []
    assert not names(default_storage)

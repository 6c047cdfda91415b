"""Pictures: kept at once or on their way, and no scan ends because of one."""

import pytest
from django.core.files.storage import FileSystemStorage, default_storage

from scans import artifacts
from scans.models import Screenshot
from tests import factories as make
from tests.artifacts.flaky import names

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on")]


@pytest.fixture
def scan():
    return make.submitted().url_scans.get()


def read(picture):
    with artifacts.open_picture(picture) as file:
        return file.read()


def test_a_folder_has_it_at_once(scan, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")
    picture = scan.screenshots.get()
    assert read(picture) == b"PNG" and (tmp_path / "media" / picture.image.name).read_bytes() == b"PNG"


def test_on_its_way_this_host_can_read_it_and_another_later(scan, on, remote):
    artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")
    picture = scan.screenshots.get()
    assert read(picture) == b"PNG" and not names(default_storage)
    on("b")
    with pytest.raises(FileNotFoundError):
        read(picture)
    on("a")
    artifacts.catch_up()
    on("b")
    assert read(picture) == b"PNG"


def test_one_that_cannot_be_stored_is_left_out_and_logged(scan, monkeypatch, caplog):
    def full(self, name, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")
    assert not scan.screenshots.exists() and "could not be stored" in caplog.text

"""A host without the keys or the files of the database is noticed when a process starts, and told what to do."""

import shutil

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from scans import installation
from scans.artifacts.store import StorageError
from scans.encryption import seal
from scans.management.database import require_own_keys_and_files
from scans.models import Installation, Screenshot, TargetLogin
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def host(tmp_path, settings):
    """A function that goes to a host with folder and keys of its own."""

    def move(name, key=None):
        settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path / name, tmp_path / name / "media"
        settings.SCANS_SECRET_KEYS = [key or settings.SCANS_SECRET_KEYS[0]]

    move("a")
    return move


def test_the_first_start_makes_the_identity_and_later_ones_find_it():
    assert [installation.problem() for _ in range(3)] == [""] * 3
    assert Installation.objects.count() == 1


def test_a_host_with_a_folder_of_its_own_is_refused_and_told_what_to_do(host):
    installation.problem()
    host("b")
    told = installation.problem()
    assert "are not those of the database" in told and str(installation.settings.VAR_DIR) in told
    assert "SCANS_S3_BUCKET" in told and "adopt --files" in told


@pytest.mark.parametrize("lost", ["scans", "media"])
def test_one_of_two_folders_that_is_not_shared_is_noticed(settings, lost):
    installation.problem()
    shutil.rmtree(settings.VAR_DIR / lost)
    assert str(settings.VAR_DIR / lost) in installation.problem()


def test_hosts_that_share_a_storage_need_no_common_folder(host, remote):
    assert installation.problem() == ""
    host("b")
    assert installation.problem() == ""


def test_two_databases_may_have_one_folder():
    assert installation.problem() == ""
    Installation.objects.all().delete()  # as another database that is new
    assert installation.problem() == ""


def test_other_encryption_keys_are_refused_and_older_ones_beside_the_new_are_not(settings):
    installation.problem()
    old = settings.SCANS_SECRET_KEYS
    settings.SCANS_SECRET_KEYS = ["another key " * 4]
    assert "SCANS_SECRET_KEYS" in installation.problem() and "adopt --keys" in installation.problem()
    settings.SCANS_SECRET_KEYS = ["another key " * 4, *old]
    assert installation.problem() == ""


def test_another_signing_key_is_refused_and_shown_nowhere(settings):
    installation.problem()
    settings.SECRET_KEY = "a signing key of another host"
    told = installation.problem()
    assert told.startswith("SECRET_KEY of this host") and settings.SECRET_KEY not in told
    assert settings.SECRET_KEY not in Installation.current().key_mark


def test_what_was_changed_on_purpose_is_adopted(host, settings):
    installation.problem()
    host("b", key="another key " * 4)
    settings.SECRET_KEY = "another signing key"
    assert installation.problem()
    installation.adopt_keys()
    assert "files of this host" in installation.problem()
    installation.adopt_files()
    assert installation.problem() == ""


def test_a_host_that_does_not_open_what_an_older_version_stored_cannot_be_the_first(settings):
    TargetLogin.objects.create(sealed=seal("a password"), size=10)
    settings.SCANS_SECRET_KEYS = ["another key " * 4]
    assert "SCANS_SECRET_KEYS" in installation.problem() and not Installation.objects.exists()


def test_a_host_without_the_pictures_of_an_older_version_cannot_be_the_first(host):
    scan = make.submitted().url_scans.get()
    image = ContentFile(b"PNG", name="one.png")
    Screenshot.objects.create(url_scan=scan, shows="target", at=timezone.now(), image=image)
    host("b")
    assert "are not those of the database" in installation.problem() and not Installation.objects.exists()
    host("a")
    assert installation.problem() == ""


def test_a_storage_that_fails_keeps_no_process_from_starting(remote, caplog):
    installation.problem()
    remote.broken = StorageError("storage_silent")
    require_own_keys_and_files()
    assert "The storage of files gives no answer." in caplog.text


def test_marking_files_twice_leaves_one_file():
    installation.problem()
    installation.adopt_files()
    assert len(default_storage.listdir("databases")[1]) == 1

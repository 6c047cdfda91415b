"""The storage: whether files are uploaded, and what its errors say."""

import pytest
from django.core.files.storage import default_storage

from scans.artifacts import store
from scans.artifacts.store import StorageError
from scans.models import Artifact
from scans.models.system_part import host_name
from tests import factories as make


def test_a_folder_is_not_remote_and_anything_else_is(remote, settings):
    assert store.is_remote()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    }
    assert not store.is_remote()


def test_an_error_says_its_reason_in_english(remote):
    assert str(StorageError("storage_full", code="Quota")) == "The storage of files is full (Quota)."
    assert store.reason_of(OSError(28, "No space left on device")).facts["code"] == "No space left on device"


def test_a_name_that_is_taken_is_an_error(remote, tmp_path):
    (tmp_path / "file").write_bytes(b"one")
    store.upload(tmp_path / "file", "scans/1/log")
    with pytest.raises(FileExistsError):
        store.upload(tmp_path / "file", "scans/1/log")


@pytest.mark.django_db
def test_a_row_is_deleted_after_its_file(remote, down, tmp_path, on):
    scan = make.submitted().url_scans.get()
    (tmp_path / "file").write_bytes(b"one")
    name = store.new_name(scan, Artifact.Kind.LOG)
    store.upload(tmp_path / "file", name)
    row = Artifact.objects.create(url_scan=scan, kind="log", name=name, host=host_name(), at=scan.status_at)
    remote.broken = down
    with pytest.raises(StorageError):
        store.delete(row)
    assert Artifact.objects.exists()
    remote.broken = None
    store.delete(row)
    assert not Artifact.objects.exists() and not default_storage.exists(name)

"""An S3-compatible storage by settings alone. Moto's server stands in for it: a real server, but not S3 itself."""

import os
import traceback

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from dashboard.file_storage import file_storage
from scans import artifacts
from scans.artifacts.s3 import plain_errors
from scans.artifacts.store import StorageError
from scans.models import Screenshot
from tests import factories as make
from tests.artifacts.scans_of_hosts import pause, resume, running, session
from tests.sites import moto
from tests.sites.serving import free_port

pytestmark = [
    pytest.mark.process,
    pytest.mark.together("the stand-in for S3"),
    pytest.mark.skipif(moto.is_missing(), reason="no .moto (see `make .moto/.installed`)"),
]


@pytest.fixture(scope="module")
def server():
    with moto.moto() as running_server:
        yield running_server


@pytest.fixture
def s3(server, monkeypatch, settings):
    """A function that takes settings of the storage into force; by default those of the server."""

    def use(**changed):
        for name, value in {**server.environment, **changed}.items():
            monkeypatch.setitem(os.environ, name, value)
        settings.STORAGES = {**django_settings.STORAGES, "default": file_storage()}

    use()
    return use


def read(name):
    with default_storage.open(name) as file:
        return file.read()


def test_files_are_kept_read_and_deleted_below_the_prefix(s3, server):
    s3(SCANS_S3_PREFIX="/dashboard/")
    assert default_storage.save("scans/1/a.log", ContentFile(b"owl")) == "scans/1/a.log"
    assert read("scans/1/a.log") == b"owl" and "dashboard/scans/1/a.log" in server.names()
    assert default_storage.save("scans/1/a.log", ContentFile(b"elk")) != "scans/1/a.log"
    default_storage.delete("scans/1/a.log")
    default_storage.delete("scans/1/a.log")  # a missing one is no error
    assert not default_storage.exists("scans/1/a.log")
    with pytest.raises(FileNotFoundError):
        read("scans/1/a.log")


@pytest.mark.django_db(transaction=True)
def test_a_scan_is_paused_on_one_host_and_continues_on_another_and_its_deletion_leaves_nothing(on, s3, server):
    before = server.names()
    scan = running()
    assert not pause(scan) and not scan.directory.exists()
    artifacts.keep_picture(scan, Screenshot.Shows.TARGET, b"PNG")
    artifacts.catch_up()
    assert len(set(server.names()) - set(before)) == 4  # session, log, report and picture
    on("b")
    scan, why = resume(scan)
    assert not why and session(scan) == "pages"
    with artifacts.open_picture(scan.screenshots.get()) as picture:
        assert picture.read() == b"PNG"
    assert artifacts.remove(make.fresh(scan)) + artifacts.remove_pictures(scan) == []
    assert server.names() == before and not scan.directory.exists()


def everything(work):
    """How each way to use the storage fails."""
    for call in work:
        with pytest.raises(OSError) as failed:
            call()
        yield failed.value


def test_a_storage_that_is_down_or_has_no_bucket_says_so(s3):
    work = [
        lambda: default_storage.save("a", ContentFile(b"a")),
        lambda: read("a"),
        lambda: default_storage.delete("a"),
    ]
    s3(SCANS_S3_BUCKET="no-such-bucket")
    assert {error.why.code for error in everything(work[:1])} == {"storage_no_bucket"}
    s3(SCANS_S3_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    assert {error.why.code for error in everything(work)} == {"storage_silent"}


def test_wrong_keys_are_told_without_any_key(s3):
    with moto.moto(INITIAL_NO_AUTH_ACTION_COUNT="0") as strict:
        s3(SCANS_S3_ENDPOINT=strict.endpoint)
        with pytest.raises(StorageError) as failed:
            default_storage.save("a", ContentFile(b"a"))
    assert failed.value.why.code == "storage_refuses"
    told = [str(failed.value), repr(failed.value), *traceback.format_exception(failed.value)]
    told += [repr(django_settings.STORAGES), repr(default_storage), repr(vars(default_storage))]
    assert not [text for text in told if moto.SECRET in text or moto.KEY in text]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", "storage_refuses"),
        ("SignatureDoesNotMatch", "storage_refuses"),
        ("403", "storage_refuses"),
        ("XMinioStorageFull", "storage_full"),
        ("QuotaExceeded", "storage_full"),
        ("SlowDown", "storage_error"),
        ("<script>", "storage_error"),
    ],
)
def test_each_answer_of_a_storage_has_its_reason(code, reason):
    with pytest.raises(StorageError) as failed, plain_errors():
        raise ClientError({"Error": {"Code": code, "Message": "for key AKIA"}}, "PutObject")
    assert failed.value.why.code == reason and "AKIA" not in str(failed.value) and "<" not in str(failed.value)


def test_a_host_without_keys_says_so():
    with pytest.raises(StorageError) as failed, plain_errors():
        raise NoCredentialsError
    assert failed.value.why.code == "storage_refuses"

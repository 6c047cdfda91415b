"""The settings of the storage: a folder by default, S3 by its bucket, and nothing of its keys to be seen."""

import pytest

from dashboard import file_storage as module
from dashboard.file_storage import file_storage


@pytest.fixture
def given(monkeypatch):
    """A function that sets SCANS_S3_… and reads them."""

    def read(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"SCANS_S3_{name}", value)
        return file_storage()

    return read


def test_without_a_bucket_files_are_kept_in_a_folder(given):
    assert given(ENDPOINT="https://s3.example.com") == {"BACKEND": "django.core.files.storage.FileSystemStorage"}


def test_a_bucket_endpoint_and_keys_are_all_it_takes(given):
    found = given(BUCKET="scans", ENDPOINT="http://minio:9000", ACCESS_KEY="AKIA", SECRET_KEY="owl", PREFIX="/a/")
    assert found["BACKEND"] == "scans.artifacts.s3.S3"
    options = found["OPTIONS"]
    wanted = {"bucket_name": "scans", "endpoint_url": "http://minio:9000", "location": "a", "secret_key": "owl"}
    assert options.items() >= wanted.items() and options["client_config"].s3 == {"addressing_style": "path"}
    assert "owl" not in repr(found) and "AKIA" not in repr(found)


def test_without_keys_the_client_looks_where_it_always_does(given):
    assert not {"access_key", "secret_key"} & given(BUCKET="scans")["OPTIONS"].keys()


@pytest.mark.parametrize(
    "values",
    [
        {"BUCKET": "https://s3.example.com/scans"},
        {"BUCKET": "scans", "ENDPOINT": "https://user:owl@s3.example.com"},
        {"BUCKET": "scans", "ENDPOINT": "s3.example.com"},
        {"BUCKET": "scans", "ACCESS_KEY": "AKIA"},
        {"BUCKET": "scans", "SECRET_KEY": "owl"},
    ],
)
def test_wrong_settings_end_with_a_line_that_shows_no_key(given, capsys, values):
    with pytest.raises(SystemExit) as ended:
        given(**values)
    told = capsys.readouterr().err
    assert ended.value.code == 3 and told.startswith("SCANS_S3_") and told.count("\n") == 1
    assert "AKIA" not in told and ("ENDPOINT" in values or "owl" not in told)


def test_without_the_extra_it_is_said_how_to_install_it(given, capsys, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        given(BUCKET="scans")
    assert "make setup EXTRAS=s3" in capsys.readouterr().err

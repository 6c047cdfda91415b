"""Whether the disks of this host have room for scans."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from scans import checks, room


@pytest.fixture
def installation(monkeypatch, tmp_path):
    """Settings of an installation whose folders are on disks of their own."""
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": tmp_path / "db" / "dashboard.sqlite3"}
    settings = SimpleNamespace(
        VAR_DIR=tmp_path / "var", MEDIA_ROOT=tmp_path / "media", DATABASES={"default": sqlite}, SCANS_KEEP_FREE_MB=50
    )
    monkeypatch.setattr(room, "settings", settings)
    return settings


@pytest.fixture
def free(monkeypatch, installation, tmp_path):
    """MB free in each folder, by its name; others have plenty."""
    for name in ("var/scans", "media", "db"):
        (tmp_path / name).mkdir(parents=True)
    usage, megabytes = shutil.disk_usage(tmp_path), {}

    def disk_usage(path):
        return usage._replace(free=int(megabytes.get(Path(path).name, 10_000) * room.MB))

    monkeypatch.setattr(room.shutil, "disk_usage", disk_usage)
    return megabytes


@pytest.mark.parametrize("folder", ["var", "scans", "media", "db"])
def test_each_folder_that_scans_write_to_may_be_the_one_that_is_full(free, folder):
    assert not room.shortage(room.TO_START)
    free[folder] = 99
    assert not room.shortage()
    lack = room.shortage(room.TO_START)
    assert folder in str(lack) and "99 MB" in str(lack) and "100 MB" in str(lack)
    free[folder] = 49
    assert room.shortage()


def test_a_folder_that_is_not_there_yet_has_the_room_of_the_one_above(free, installation):
    installation.MEDIA_ROOT = installation.VAR_DIR / "new" / "media"
    free["var"] = 10
    assert room.shortage()


def test_only_of_sqlite_it_is_known_whether_the_database_can_write(free, installation):
    free["db"] = 0.5
    assert room.database_is_full() and room.database_shortage()
    installation.DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "dashboard"}}
    assert not room.database_is_full() and not room.database_shortage() and not room.shortage()


def test_nothing_is_kept_free_if_nobody_wants_that(free, installation):
    installation.SCANS_KEEP_FREE_MB = 0
    free["var"] = 0
    assert not room.shortage(room.TO_START) and not room.database_is_full()


def test_the_check_of_the_installation_warns(free):
    assert checks.disks_have_room(None) == []
    free["media"] = 3
    [warning] = checks.disks_have_room(None)
    assert warning.id == "scans.W005" and "media" in warning.msg

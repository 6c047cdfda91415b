"""The folder of a scan: the session in it, its hash and its archive."""

import io
import tarfile

import pytest

from scans.artifacts import folder as folders
from scans.artifacts.folder import Mark


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "scan"
    for name in ("session/pages.db", "config/attack", "engine.log", "report.json", "tmp/x"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    (made / "link").symlink_to("/etc/passwd")
    folders.write_mark(made, Mark("a scan"))
    return made


def test_log_report_mark_temporary_files_and_links_are_no_part_of_the_session(folder):
    assert [str(path) for path in folders.session_files(folder)] == ["config/attack", "session/pages.db"]


def test_the_hash_changes_with_content_and_name_and_with_nothing_else(folder):
    before = folders.digest_of(folder)
    (folder / "engine.log").write_text("more")
    assert folders.digest_of(folder) == before and len(before) == 64
    (folder / "config" / "attack").rename(folder / "config" / "other")
    renamed = folders.digest_of(folder)
    (folder / "session" / "pages.db").write_text("x")
    assert len({before, renamed, folders.digest_of(folder)}) == 3
    folders.clear_session(folder)
    assert folders.digest_of(folder) == "" and [path.name for path in folder.iterdir()] == ["engine.log"]


def test_what_was_packed_is_unpacked_as_it_was(folder, tmp_path):
    folders.pack(folder, tmp_path / "archive")
    with (tmp_path / "archive").open("rb") as archive:
        folders.unpack(archive, tmp_path / "again")
    assert folders.digest_of(tmp_path / "again") == folders.digest_of(folder)


def test_an_archive_writes_nothing_outside_of_its_folder(tmp_path):
    with tarfile.open(tmp_path / "archive", "w:gz") as tar:
        entry = tarfile.TarInfo("../outside")
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with (tmp_path / "archive").open("rb") as archive, pytest.raises(tarfile.TarError):
        folders.unpack(archive, tmp_path / "inside")
    assert not (tmp_path / "outside").exists()


def test_a_mark_is_read_as_it_was_written_and_a_broken_one_is_none(folder):
    assert folders.mark_of(folder) == Mark("a scan")
    (folder / folders.MARK).write_text("{")
    assert folders.mark_of(folder) is None and folders.mark_of(folder / "missing") is None


def test_clearing_a_missing_folder_is_no_error(tmp_path):
    folders.clear(tmp_path / "missing")
    folders.clear_session(tmp_path / "missing")

"""The folder of one scan on its host: what in it is the session, its hash, its archive, and the scan it belongs to."""

import hashlib
import json
import shutil
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path

from scans.models import Installation, UrlScan

LOG, REPORT, MARK = "engine.log", "report.json", "belongs_to.json"
NO_SESSION = {LOG, REPORT, MARK, "tmp"}
PIECE = 1024**2


@dataclass(frozen=True)
class Mark:
    """Says which scan a folder belongs to: ids are given again after an older database was restored.

    `since` is the hash of the saved session from which the engine began here, empty if it began without one; `ended`
    says that the scan has ended, which an older database that was restored does not know.
    """

    scan: str
    since: str = ""
    ended: bool = False


def identity(scan: UrlScan) -> str:
    """The name of a scan that no other scan has, in no database."""
    installation = Installation.current()
    return f"{installation or ''} {scan.pk} {scan.analysis.created_at.isoformat()}"


def mark_of(folder: Path) -> Mark | None:
    """The mark of a folder; None if it has none, or an unreadable one."""
    try:
        return Mark(**json.loads((folder / MARK).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write_mark(folder: Path, mark: Mark) -> None:
    """Mark a folder, which is made if it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(json.dumps(asdict(mark)))


def clear(folder: Path) -> None:
    """Remove a folder with everything in it. Raises OSError."""
    if folder.is_dir():
        shutil.rmtree(folder)


def clear_session(folder: Path) -> None:
    """Remove everything but the log. Raises OSError."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name != LOG:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def session_files(folder: Path) -> list[Path]:
    """The files of the session, relative to the folder, in order."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.parts[0] not in NO_SESSION)


def digest_of(folder: Path) -> str:
    """The SHA-256 of names and contents of the session's files; empty if there is none. Raises OSError."""
    files, total = session_files(folder), hashlib.sha256()
    for path in files:
        with (folder / path).open("rb") as file:
            content = hashlib.file_digest(file, "sha256")
        total.update(f"{path.as_posix()}\0{content.hexdigest()}\n".encode())
    return total.hexdigest() if files else ""


def pack(folder: Path, archive: Path) -> None:
    """Write the session's files into an archive. Raises OSError."""
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in session_files(folder):
            tar.add(folder / path, path.as_posix(), recursive=False)


def unpack(archive, folder: Path) -> None:
    """Read an archive, an open file, into a folder, and nowhere else. Raises OSError, and TarError if it is damaged."""
    with tarfile.open(fileobj=archive, mode="r|gz") as tar:
        tar.extractall(folder, filter="data")

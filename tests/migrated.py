"""The migrated SQLite database, kept from one run to the next: to migrate an empty one takes each process 5 s.

A copy still goes through `migrate`, so a migration that is new since then is applied.
"""

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The database depends on these; after a change in one of them it is migrated from the beginning.
SOURCES = ("requirements.txt", "scans/migrations", "scans/database")


def file_in(folder: Path) -> Path:
    """Return the path of the database that the present migrations make; its file may not be there yet."""
    digest = hashlib.sha256()
    for source in SOURCES:
        for path in [ROOT / source, *sorted((ROOT / source).rglob("*.py"))]:
            if path.is_file():
                digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return folder / f"{digest.hexdigest()[:16]}.sqlite3"


def copy(kept: Path, database: Path | str) -> bool:
    """Begin with a copy of the kept database. Return whether there was one."""
    try:
        shutil.copyfile(kept, database)
    except FileNotFoundError:
        return False
    return True


def keep(database: Path | str, kept: Path) -> None:
    """Keep a copy of a database that is open, in place of older ones. Two processes may do so at the same moment."""
    draft = kept.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(draft)) as copied:
        source.backup(copied)
    for older in kept.parent.glob("*.sqlite3"):
        older.unlink(missing_ok=True)
    draft.replace(kept)

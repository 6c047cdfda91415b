"""Whether the disks of this host have room for what scans write, and for a database beside it.

A scan starts only with twice the room that is kept free, so that the next one does not start just before the disk is
full. One that runs saves its session once less than that is free.
"""

import shutil
from pathlib import Path

from django.conf import settings

from scans.reasons import NO_REASON, Reason

MB = 1024**2
TO_START = 2  # times what is kept free
_TO_WRITE = 1 * MB  # with less, SQLite cannot even note that a task is taken


def shortage(times: int = 1) -> Reason:
    """Return which folder lacks so many `times` the room that is kept free; NO_REASON if none does."""
    return _first_lack(_folders(), times * settings.SCANS_KEEP_FREE_MB * MB)


def database_is_full() -> bool:
    """Return whether SQLite has no room to write. Of a database server nobody here knows."""
    return bool(_first_lack(_of_database(), min(_TO_WRITE, settings.SCANS_KEEP_FREE_MB * MB)))


def database_shortage() -> Reason:
    """Return whether the folder of SQLite lacks the room that is kept free; NO_REASON with a database server."""
    return _first_lack(_of_database(), settings.SCANS_KEEP_FREE_MB * MB)


def free_bytes() -> dict[str, int]:
    """Return the free room of the disk with the files of scans, with the pictures, and with SQLite, if it is that."""
    folders = {"files": Path(settings.VAR_DIR), "pictures": Path(settings.MEDIA_ROOT)}
    for folder in _of_database():
        folders["database"] = folder
    return {name: shutil.disk_usage(_existing(folder)).free for name, folder in folders.items()}


def _folders() -> list[Path]:
    """The folders that scans and their workers write to; each may be on a disk of its own."""
    return [Path(settings.VAR_DIR), Path(settings.VAR_DIR) / "scans", Path(settings.MEDIA_ROOT), *_of_database()]


def _of_database() -> list[Path]:
    database = settings.DATABASES["default"]
    return [Path(database["NAME"]).parent] if "sqlite" in database["ENGINE"] else []


def _first_lack(folders: list[Path], needed: int) -> Reason:
    for folder in folders:
        free = shutil.disk_usage(_existing(folder)).free
        if free < needed:
            return Reason("no_room", folder=str(folder), free=free // MB, needed=needed // MB)
    return NO_REASON


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())

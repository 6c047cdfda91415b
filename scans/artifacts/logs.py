"""Where the engine's log of a scan can be read: in the folder of this host, in the storage, or not from here."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.core.files.storage import default_storage

from scans.artifacts import folder as folders
from scans.artifacts.store import is_remote
from scans.models import Artifact, UrlScan


@dataclass(frozen=True)
class Log:
    """A log: its `path` on this host, or its `name` in the storage; or the host that has it."""

    path: Path | None = None
    name: str = ""
    host: str = ""

    def __bool__(self) -> bool:
        return bool(self.name) or (self.path is not None and self.path.exists())

    def open(self) -> BinaryIO:
        """Open it for reading. Raises FileNotFoundError if there is none, OSError if the storage cannot be read."""
        if self.name:
            return default_storage.open(self.name)
        if self.path is None:
            raise FileNotFoundError
        return self.path.open("rb")


def log_of(scan: UrlScan) -> Log:
    """Return where the log is. While a scan runs elsewhere, the part that was saved before, and the host."""
    path = scan.directory / folders.LOG
    if not is_remote():
        return Log(path=path)
    logs = list(scan.artifacts.wanted().filter(kind=Artifact.Kind.LOG).order_by("pk"))
    stored = next((log.name for log in reversed(logs) if log.name), "")
    if path.exists() and (scan.lease_holder or not stored) and _belongs(path.parent, scan):
        return Log(path=path)
    last = logs[-1] if logs else None
    return Log(name=stored, host=last.host if last and not last.name else "")


def _belongs(directory: Path, scan: UrlScan) -> bool:
    mark = folders.mark_of(directory)
    return mark is None or mark.scan == folders.identity(scan)

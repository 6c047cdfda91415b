"""Django's default storage: whether it is more than a folder, its errors, and files in it by name."""

from pathlib import Path

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.crypto import get_random_string

from scans.models import Artifact, UrlScan
from scans.reasons import Reason

ENDINGS = {Artifact.Kind.SESSION: "tar.gz", Artifact.Kind.LOG: "log", Artifact.Kind.REPORT: "json"}


class StorageError(OSError):
    """The storage cannot be used now; `why` says why, without anything secret. It may be used again later."""

    def __init__(self, code: str, /, **facts: str):
        self.why = Reason(code, **facts)
        super().__init__(self.why.in_english())


def reason_of(error: OSError) -> Reason:
    """Return what an error of the storage says; of a folder, the system's word for it."""
    if isinstance(error, StorageError):
        return error.why
    return Reason("storage_error", code=error.strerror or type(error).__name__)


def is_remote() -> bool:
    """Whether files are uploaded, because the storage is no folder."""
    return not isinstance(default_storage, FileSystemStorage)


def new_name(scan: UrlScan, kind: Artifact.Kind) -> str:
    """A name that nothing in the storage has had."""
    return f"scans/{scan.pk}/{kind}-{get_random_string(16)}.{ENDINGS[kind]}"


def upload(path: Path, name: str) -> None:
    """Store a file under this name. Raises OSError."""
    with path.open("rb") as file:
        stored = default_storage.save(name, File(file))
    if stored != name:  # somebody made one of the same random name
        raise FileExistsError(name)


def delete(artifact: Artifact) -> None:
    """Delete a file from the storage, then its row. A missing file is no error. Raises OSError."""
    if artifact.name:
        default_storage.delete(artifact.name)
    Artifact.objects.filter(pk=artifact.pk).delete()

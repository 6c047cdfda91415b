"""An S3-compatible storage, by django-storages. Only loaded if the settings name a bucket: it needs the extra `s3`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError
from storages.backends.s3 import S3Storage

from scans.artifacts.store import StorageError

MISSING = {"404", "NoSuchKey", "NotFound"}
REFUSED = re.compile(r"40[13]|.*(AccessKey|Signature|Denied|Token|Credential|Authori|Forbidden|TimeTooSkewed).*")
FULL = re.compile(r"507|.*(StorageFull|Quota|TooLarge|InsufficientStorage|NoSpace).*", re.IGNORECASE)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Raise every error of S3 as FileNotFoundError or StorageError, which say nothing of keys and addresses."""
    try:
        yield
    except ClientError as error:
        raise _plain(error) from None
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StorageError("storage_refuses", code=type(error).__name__) from None
    except (BotoCoreError, Boto3Error):
        raise StorageError("storage_silent") from None


def _plain(error: ClientError) -> OSError:
    code = re.sub(r"[^A-Za-z0-9.]", "", str(error.response.get("Error", {}).get("Code", "")))[:60] or "unknown"
    if code == "NoSuchBucket":
        return StorageError("storage_no_bucket")
    if code in MISSING:
        return FileNotFoundError("no such file in the storage")
    for pattern, reason in ((REFUSED, "storage_refuses"), (FULL, "storage_full")):
        if pattern.fullmatch(code):
            return StorageError(reason, code=code)
    return StorageError("storage_error", code=code)


class S3(S3Storage):
    """django-storages' storage, whose errors are plain OSErrors. A file that was opened is here as a whole."""

    def _open(self, name, mode="rb"):
        with plain_errors():
            opened = super()._open(name, mode)
            opened.file  # noqa: B018 - downloads it now, while an error can still be told
        return opened

    def _save(self, name, content):
        with plain_errors():
            return super()._save(name, content)

    def delete(self, name):
        """Delete a file; a missing one is no error. Raises StorageError."""
        with plain_errors():
            super().delete(name)

    def exists(self, name):
        """Return whether there is a file of this name. Raises StorageError."""
        with plain_errors():
            return super().exists(name)

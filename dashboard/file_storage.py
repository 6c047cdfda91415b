"""Where the files of scans are kept: in a folder, or in an S3-compatible storage. docs/settings.md has the settings."""

import re
from importlib.util import find_spec
from typing import Any

from dashboard.environment import Hidden, refuse, text

SECONDS_TO_CONNECT = 5
SECONDS_TO_ANSWER = 20


def file_storage() -> dict[str, Any]:
    """Django's settings of the default storage, from SCANS_S3_…; without a bucket, a folder."""
    bucket = text("SCANS_S3_BUCKET")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if not re.fullmatch(r"[a-zA-Z0-9._-]{3,255}", bucket):
        refuse("SCANS_S3_BUCKET", "the name of a bucket, without address and slashes", bucket)
    if not find_spec("storages") or not find_spec("boto3"):
        refuse("SCANS_S3_BUCKET", "empty, because the extra for S3 is not installed (`make setup EXTRAS=s3`)", bucket)
    from botocore.config import Config

    key, secret = text("SCANS_S3_ACCESS_KEY"), text("SCANS_S3_SECRET_KEY")
    if bool(key) != bool(secret):
        refuse("SCANS_S3_ACCESS_KEY", "set together with SCANS_S3_SECRET_KEY, or neither of them")
    endpoint = _endpoint()
    client = Config(
        connect_timeout=SECONDS_TO_CONNECT,
        read_timeout=SECONDS_TO_ANSWER,
        retries={"total_max_attempts": 2},
        s3={"addressing_style": "path" if endpoint else "auto"},
        # Not every S3-compatible storage knows newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    options = {
        "bucket_name": bucket,
        "endpoint_url": endpoint or None,
        "region_name": text("SCANS_S3_REGION") or None,
        "location": text("SCANS_S3_PREFIX").strip("/"),
        "file_overwrite": False,
        "querystring_auth": False,
        "client_config": client,
    }
    if key:  # otherwise boto3 looks where it always does, such as at the role of the machine
        options |= {"access_key": Hidden(key), "secret_key": Hidden(secret)}
    return {"BACKEND": "scans.artifacts.s3.S3", "OPTIONS": options}


def _endpoint() -> str:
    given = text("SCANS_S3_ENDPOINT")
    if given and not re.fullmatch(r"https?://[^\s/@?#]+(:[0-9]{1,5})?/?", given):
        refuse("SCANS_S3_ENDPOINT", "an address such as https://s3.example.com, without a user and a path")
    return given

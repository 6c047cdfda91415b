"""Moto's server from PyPI: a stand-in for an S3-compatible storage, with buckets, refusals and a full disk.

It runs in an environment of its own (`make .moto/.installed`): its requirements are not the product's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from django.conf import settings

from tests.sites.serving import free_port, serving

SERVER = settings.BASE_DIR / ".moto/bin/moto_server"
BUCKET = "scans-of-tests"
KEY, SECRET = "AKIAOFTHESETESTSONLY", "a-secret-of-the-storage"


def is_missing() -> bool:
    """Say whether tests have to be skipped: where there is no server, and no build that needs it."""
    return not SERVER.exists() and not os.environ.get("CI")


@dataclass(frozen=True)
class Moto:
    """The running server with one empty bucket."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a dashboard that keeps its files there."""
        return {
            "SCANS_S3_BUCKET": BUCKET,
            "SCANS_S3_ENDPOINT": self.endpoint,
            "SCANS_S3_REGION": "us-east-1",
            "SCANS_S3_ACCESS_KEY": KEY,
            "SCANS_S3_SECRET_KEY": SECRET,
        }

    def client(self):
        """A client of our own, to look at what is stored."""
        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
        return boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", **keys)

    def names(self) -> list[str]:
        """The names of all files in the bucket."""
        return [entry["Key"] for entry in self.client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]


@contextmanager
def moto(**environment: str) -> Iterator[Moto]:
    """Yield the server, with a bucket unless its environment makes it refuse everything."""
    with TemporaryDirectory() as folder:
        server = Moto(f"http://127.0.0.1:{free_port()}")
        port = server.endpoint.rpartition(":")[2]
        command = [str(SERVER), "-H", "127.0.0.1", "-p", port]
        with serving(command, f"{server.endpoint}/moto-api/", cwd=Path(folder), env=environment):
            if not environment:
                server.client().create_bucket(Bucket=BUCKET)
            yield server

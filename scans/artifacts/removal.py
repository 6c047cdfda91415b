"""Deleting what a scan left: in the storage, and in the folder of this host."""

from collections.abc import Callable, Iterable
from functools import partial

from django.db import transaction

from scans.artifacts import folder as folders
from scans.artifacts.store import StorageError, delete, is_remote
from scans.database import clock
from scans.models import Artifact, UrlScan
from scans.models.system_part import host_name


def remove(scan: UrlScan) -> list[OSError]:
    """Delete session, log and report of a scan. Returns the errors; what failed can be tried again.

    A folder on another host is removed by that host (see `courier`).
    """
    scan.artifacts.discard()
    in_storage = [partial(delete, row) for row in scan.artifacts.all()]
    return _errors_of([*in_storage, lambda: folders.clear(scan.directory)])


def remove_pictures(scan: UrlScan) -> list[OSError]:
    """Delete the pictures of a scan. Returns the errors; what failed can be tried again."""
    if not is_remote():
        return _errors_of([picture.remove for picture in scan.screenshots.all()])
    _discard_pictures(scan)
    rows = scan.artifacts.unwanted().filter(kind=Artifact.Kind.PICTURE)
    return _errors_of([partial(delete, row) for row in rows])


@transaction.atomic
def _discard_pictures(scan: UrlScan) -> None:
    """Keep nothing of the pictures but the names of their files, until these are deleted."""
    unwanted = {"url_scan": scan, "kind": Artifact.Kind.PICTURE, "host": host_name(), "unwanted_at": clock.now()}
    for picture in scan.screenshots.all():
        Artifact.objects.create(name=picture.image.name, at=picture.at, **unwanted)
    scan.screenshots.all().delete()


def _errors_of(removals: Iterable[Callable[[], object]]) -> list[OSError]:
    """Call each, and return the errors. A storage that fails is not asked again: each time takes as long."""
    problems = []
    for removal in removals:
        try:
            removal()
        except StorageError as problem:
            return [*problems, problem]
        except OSError as problem:
            problems.append(problem)
    return problems

"""Deleting what a scan left: in the storage, and in the folder of this host."""

from collections.abc import Callable, Iterable

from scans.artifacts import folder as folders
from scans.artifacts.store import StorageError, delete
from scans.models import UrlScan


def remove(scan: UrlScan) -> list[OSError]:
    """Delete session, log and report of a scan. Returns the errors; what failed can be tried again.

    A folder on another host is removed by that host (see `courier`).
    """
    scan.artifacts.discard()
    in_storage = [lambda row=row: delete(row) for row in scan.artifacts.all()]
    return _errors_of([*in_storage, lambda: folders.clear(scan.directory)])


def remove_pictures(scan: UrlScan) -> list[OSError]:
    """Delete the pictures of a scan. Returns the errors; what failed can be tried again."""
    return _errors_of([picture.remove for picture in scan.screenshots.all()])


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

"""Spoiling rows behind the back of the verbs, and asking what is wrong then."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection

from scans.database import append_only
from scans.maintenance.invariants import checking
from scans.models import ActivityLogEntry, UrlScan
from tests import factories

LONG_AGO = timedelta(hours=1)


class Spoilers:
    """Functions that spoil a row, each under the invariant that has to notice."""

    def __init__(self):
        self.of: dict[str, tuple[str, Callable[[], object]]] = {}

    def __call__(self, invariant: str):
        """Keep the decorated function under this invariant."""

        def keep(function):
            self.of[function.__name__] = (invariant, function)
            return function

        return keep

    def invariants(self) -> set[str]:
        """The invariants that were seen to fail."""
        return {invariant for invariant, _ in self.of.values()}

    def is_noticed(self, name: str) -> bool:
        """Spoil a row; whether its invariant names the row, what it says, what is right and what to do."""
        invariant, spoil = self.of[name]
        spoil()
        told = [one for one in checking.check(0).found if one.invariant == invariant]
        return bool(told) and all(one.row and one.kept and one.should and one.action.endswith(".") for one in told)


def named(module) -> set[str]:
    """The invariants of a module."""
    asked = (*checking.OF_ANALYSES, *checking.OF_ALL)
    return {invariant.__name__ for invariant in asked if invariant.__module__ == module.__name__}


def running() -> UrlScan:
    """A URL scan that runs."""
    return factories.running().url_scans.get()


def published() -> UrlScan:
    """A URL scan with published results."""
    return factories.published().url_scans.get()


def change(row, **columns) -> None:
    """Change a row behind the back of the verbs."""
    type(row).objects.filter(pk=row.pk).update(**columns)


def forget_log(**which) -> None:
    """Remove entries of the log, which its triggers forbid."""
    append_only.remove(None, connection.schema_editor())
    ActivityLogEntry.objects.filter(**which).delete()
    append_only.install_whole(None, connection.schema_editor())


def change_log(**columns) -> None:
    """Change the last entry of the log, which its triggers forbid."""
    append_only.remove(None, connection.schema_editor())
    last = ActivityLogEntry.objects.first()
    ActivityLogEntry.objects.filter(pk=last.pk).update(**columns)
    append_only.install_whole(None, connection.schema_editor())

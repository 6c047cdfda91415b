"""The things that this installation lacks to scan, each with what to do; for machines, so always in English."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError
from django.utils import translation

from scans import installation
from scans.management.database import unapplied_migrations
from scans.models import FullDisk, Installation, SystemPart


class Lack(NamedTuple):
    """One thing that is missing: a short name, a sentence without names of files and hosts, and what to do."""

    part: str
    reason: str
    do: str


DATABASE_AWAY = Lack("database", "The database cannot be reached.", "Check DATABASE_URL and its server.")


def lacks() -> list[Lack]:
    """Everything that is missing, the most basic first. A few small queries; never raises DatabaseError."""
    found: list[Lack] = []
    with translation.override(settings.LANGUAGE_CODE):
        for look in LOOKS:
            try:
                found += look()
            except DatabaseError:
                return [*found, DATABASE_AWAY]
            if found and look is _migrations:
                return found  # tables that the next questions read may not be there
    return found


def _migrations() -> Iterator[Lack]:
    if unapplied := unapplied_migrations():
        names = ", ".join(unapplied)
        yield Lack("migrations", f"Migrations are not applied: {names}.", "manage.py migrate")


def _processes() -> Iterator[Lack]:
    """All processes run, and every disk that scans write to has room: the same query tells."""
    missing = SystemPart.missing()
    for kind in missing:
        yield Lack(kind.value, f"Not seen lately: {kind.label}.", kind.command)
    yield from _full_disk(missing.disk_is_full)


def _keys() -> Iterator[Lack]:
    if why := installation.wrong_keys():
        reason, _, do = why.partition(": ")
        yield Lack("keys", f"{reason}.", do)


def _storage() -> Iterator[Lack]:
    if Installation.objects.filter(storage_failed_at__isnull=False).exists():
        yield Lack("storage", "The storage of files fails.", "The banner on each page tells administrators why.")


def _full_disk(is_reported: bool) -> Iterator[Lack]:
    if FullDisk.told(is_reported=is_reported):
        do = "Free room there, or enlarge the disk; scans then start by themselves. The pages name host and folder."
        yield Lack("disk", "A disk is full, so scans wait.", do)


LOOKS: tuple[Callable[[], Iterator[Lack]], ...] = (_migrations, _processes, _keys, _storage)

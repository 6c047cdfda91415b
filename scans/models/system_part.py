"""The processes that must run for anything to happen, and when each last reported."""

import socket
from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from zlib import crc32

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from scans.database.clock import clock_ahead, is_off
from scans.models.full_disk import FullDisk
from scans.targets.zones import DEFAULT_NAME, DEFAULT_ZONE, parse_zone, shown_zone
from scans.version import version

ALIVE_FOR = timedelta(seconds=30)


def host_name() -> str:
    """Return the name of this host, as it stands in rows."""
    return socket.gethostname()[:64]


class SystemPart(models.Model):
    """A scheduler or worker process that reports itself every few seconds."""

    class Kind(models.TextChoices):
        """The kind of process."""

        SCHEDULER = "scheduler", _("Scheduler")
        SCANS_WORKER = "scans_worker", _("Worker for scans")
        CHECKS_WORKER = "checks_worker", _("Worker for checks and verification")

        @property
        def command(self) -> str:
            """The command that starts one."""
            return _MISSED[self][0]

        @property
        def when_missing(self) -> str:
            """The consequence of having none."""
            return _MISSED[self][1]

    class Drain(models.TextChoices):
        """The way in which a worker stops taking tasks, until it is resumed."""

        FINISH = "finish", _("Finishes what it runs")
        HAND_OVER = "handover", _("Hands over what it runs")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=64, unique=True)
    seen_at = models.DateTimeField(_("last report"), db_index=True)
    # Each with a default of the database: processes of an older version report without them.
    host = models.CharField(_("host"), max_length=64, blank=True, db_default="")
    zones = models.CharField(
        _("zones"), max_length=255, db_default=DEFAULT_NAME, help_text=_("The zones that it serves, with commas.")
    )
    version = models.CharField(_("version"), max_length=40, blank=True, db_default="")
    engine = models.CharField(_("engine"), max_length=100, blank=True, db_default="")
    clock_ahead = models.FloatField(
        _("clock ahead"),
        null=True,
        help_text=_("By how many seconds the clock of its host is ahead of the database's. Below zero: behind."),
    )
    started_at = models.DateTimeField(_("started at"), null=True)
    drain = models.CharField(_("drained"), max_length=8, choices=Drain.choices, blank=True, db_default="")

    class Meta:
        verbose_name = _("system part")
        verbose_name_plural = _("system parts")
        ordering = ["kind", "name"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    @property
    def served(self) -> list[str]:
        """The zones that this worker serves."""
        return [parse_zone(name) for name in self.zones.split(",")]

    @property
    def clock_is_off(self) -> bool:
        """Whether the clock of its host differs from the database's by more than is good."""
        return is_off(self.clock_ahead or 0)

    @property
    def clock_behind(self) -> float:
        """By how many seconds that clock is behind."""
        return -(self.clock_ahead or 0)

    @property
    def is_lost(self) -> bool:
        """Whether it has not reported for too long. Only of rows that `with_age` marks."""
        return self.silent_for >= ALIVE_FOR

    @classmethod
    def report(cls, kind: str, name: str, **facts: str) -> None:
        """Record that this process is alive now, and further `facts`: columns such as `zones` and `engine`.

        The database's clock says when, because clocks of hosts differ.
        """
        here = {"kind": kind, "seen_at": Now(), "host": host_name(), "version": version(), **facts}
        here["clock_ahead"] = clock_ahead()
        if not cls.objects.filter(name=name).update(**here):
            cls.objects.create(name=name, started_at=Now(), **here)

    @classmethod
    def alive(cls) -> models.QuerySet["SystemPart"]:
        """The processes that reported lately."""
        return cls.objects.filter(seen_at__gt=Now() - ALIVE_FOR)

    @classmethod
    def at_work(cls) -> models.QuerySet["SystemPart"]:
        """The processes that reported lately and are not drained."""
        return cls.alive().filter(drain="")

    @classmethod
    def drain_of(cls, name: str) -> str:
        """How the worker of this name is drained; empty if it is not."""
        return cls.objects.filter(name=name).values_list("drain", flat=True).first() or ""

    @classmethod
    def with_age(cls) -> models.QuerySet["SystemPart"]:
        """All processes, each with `silent_for`: the time since its last report."""
        silent_for = ExpressionWrapper(Now() - F("seen_at"), models.DurationField())
        return cls.objects.annotate(silent_for=silent_for)

    @classmethod
    def missing(cls) -> "Missing":
        """The kinds of which no process runs that takes work: none reported lately, or all of them are drained."""
        return AtWork.now().missing


class AtWork:
    """The processes that take work at one moment: one query answers which kinds and which zones have none.

    `disk_is_full` tells whether a worker has reported that its host's disk is full.
    """

    def __init__(self, parts: Iterable[SystemPart]):
        self._zones: dict[str, set[str]] = defaultdict(set)
        self.disk_is_full = False
        for part in parts:
            self._zones[part.kind].update(part.served)
            self.disk_is_full |= getattr(part, "disk_is_full", False)

    @classmethod
    def now(cls) -> "AtWork":
        """Return the processes that take work at this moment."""
        return cls(SystemPart.at_work().only("kind", "zones").annotate(disk_is_full=Exists(FullDisk.current())))

    @property
    def missing(self) -> "Missing":
        """The kinds that have no process."""
        kinds = Missing(kind for kind in SystemPart.Kind if kind not in self._zones)
        kinds.disk_is_full = self.disk_is_full
        return kinds

    def lacking(self, zones: Iterable[str]) -> list[tuple[str, SystemPart.Kind]]:
        """Each of these zones that no worker of a kind serves, with that kind; kinds without any process left out."""
        kinds = [kind for kind in _LACKED if kind in self._zones]
        return [(zone, kind) for zone in sorted(set(zones)) for kind in kinds if zone not in self._zones[kind]]

    @property
    def scanned(self) -> set[str]:
        """The zones whose targets are scanned."""
        return self._zones.get(SystemPart.Kind.SCANS_WORKER, set())

    def leaves_out(self, zone: str | None) -> bool:
        """Whether no worker scans targets of this zone, while others scan those of other zones."""
        return bool(self.scanned) and (zone or DEFAULT_ZONE) not in self.scanned

    @property
    def version(self) -> int:
        """A number that differs when anything here differs."""
        served = sorted((kind, sorted(zones)) for kind, zones in self._zones.items())
        return crc32(repr((served, self.disk_is_full)).encode())


class Missing(list[SystemPart.Kind]):
    """The kinds of process that are missing, and whether a worker has reported that its host's disk is full."""

    disk_is_full = False


_LACKED = {
    SystemPart.Kind.SCANS_WORKER: _("No worker of zone “{zone}” runs: its targets are not scanned until one does."),
    SystemPart.Kind.CHECKS_WORKER: _(
        "No worker for checks of zone “{zone}” runs: its targets are not set up or verified until one does."
    ),
}


def when_lacking(zone: str, kind: SystemPart.Kind) -> str:
    """Return the consequence of having no worker of this kind in a zone."""
    return str(_LACKED[kind]).format(zone=shown_zone(zone))


_MISSED = {
    SystemPart.Kind.SCHEDULER: (
        "manage.py run_scheduler",
        _("No scheduler is running: nothing starts or ends by itself."),
    ),
    SystemPart.Kind.SCANS_WORKER: (
        "manage.py run_worker --queue scans",
        _("No worker for scans is running: what is queued stays so."),
    ),
    SystemPart.Kind.CHECKS_WORKER: (
        "manage.py run_worker --queue checks",
        _("No worker for checks is running: nothing is set up or verified."),
    ),
}

"""The processes that must run for anything to happen, and when each last reported."""

import socket
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scans.targets.zones import DEFAULT_NAME
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

    @classmethod
    def report(cls, kind: str, name: str, **facts: str) -> None:
        """Record that this process is alive now, and further `facts`: columns such as `zones` and `engine`."""
        here = {"kind": kind, "seen_at": timezone.now(), "host": host_name(), "version": version(), **facts}
        cls.objects.update_or_create(name=name, defaults=here, create_defaults={**here, "started_at": timezone.now()})

    @classmethod
    def alive(cls) -> models.QuerySet["SystemPart"]:
        """The processes that reported lately."""
        return cls.objects.filter(seen_at__gt=timezone.now() - ALIVE_FOR)

    @classmethod
    def missing(cls) -> list["SystemPart.Kind"]:
        """The kinds without a process that reported lately."""
        seen = set(cls.alive().values_list("kind", flat=True))
        return [kind for kind in cls.Kind if kind not in seen]


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

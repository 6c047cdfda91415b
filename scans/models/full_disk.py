"""The hosts whose disk is too full for scans, as their workers report it."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from scans import room
from scans.reasons import Reason, ReasonField

HOLDS_FOR = timedelta(seconds=30)  # without a report: the worker may be gone


class FullDisk(models.Model):
    """One host without room for scans. Its workers report every few seconds, and remove the row when there is room."""

    host = models.CharField(_("host"), max_length=64, unique=True)
    reason = ReasonField(_("reason"))
    seen_at = models.DateTimeField(_("last report"))

    class Meta:
        verbose_name = _("full disk")
        verbose_name_plural = _("full disks")
        ordering = ["host"]

    def __str__(self) -> str:
        return f"{self.host}: {self.reason}"

    @classmethod
    def report(cls, host: str, reason: Reason) -> None:
        """Store that a host has no room, or remove that if the reason is empty."""
        if reason:
            cls.objects.update_or_create(host=host, defaults={"reason": reason, "seen_at": Now()})
        else:
            cls.objects.filter(host=host).delete()

    @classmethod
    def current(cls) -> models.QuerySet["FullDisk"]:
        """The rows that were reported lately."""
        return cls.objects.filter(seen_at__gt=Now() - HOLDS_FOR)

    @classmethod
    def told(cls, *, is_reported: bool = True) -> list[str]:
        """A sentence for each full disk that is known: those reported, and that of SQLite as this host sees it.

        Asks the database unless the caller knows that none is reported.
        """
        reported = list(cls.current()) if is_reported else []
        found = [str(row) for row in reported]
        here = room.database_shortage()  # which nobody may be able to report
        return found if reported or not here else [str(here)]

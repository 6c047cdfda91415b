"""What an administrator sets while the product runs: one row."""

from datetime import timedelta

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class ScanSettings(models.Model):
    """The single row of settings. Reading it with `locked()` also orders those who admit URL scans."""

    capacity = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("How many URL scans may run at a time. About 105 MB and half a core each."),
    )

    pause_limit = models.DurationField(
        default=timedelta(days=7),
        help_text=_("A scan that a user left paused for longer ends, its results kept. Days and HH:MM:SS."),
    )

    class Meta:
        verbose_name_plural = _("scan settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="scan_settings_one_row")]

    def __str__(self) -> str:
        return "Scan settings"

    @classmethod
    def current(cls) -> "ScanSettings":
        """The settings as they are now."""
        return cls.objects.get(pk=1)

    @classmethod
    def locked(cls) -> "ScanSettings":
        """The same, with the row locked until the transaction ends (a no-op on SQLite, where BEGIN locks)."""
        return cls.objects.select_for_update().get(pk=1)

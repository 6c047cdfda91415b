"""Blackout windows for all analyses. Those of one analysis are stored in the analysis."""

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis
from scans.schedule.blackouts import Blackouts, parse, parse_all
from scans.schedule.moments import time_zones


def validate_window(value: str) -> None:
    """Raise ValidationError, with examples, if this is no blackout window."""
    try:
        parse(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_time_zone(value: str) -> None:
    """Raise ValidationError if this is not the name of a time zone."""
    if value not in time_zones():
        raise ValidationError(_("“{value}” is not a time zone such as Europe/Berlin or UTC.").format(value=value))


class BlackoutWindow(models.Model):
    """Hours or days in which nothing may be scanned."""

    window = models.CharField(
        _("window"),
        max_length=100,
        validators=[validate_window],
        help_text=_("Such as: Mon-Fri 08:00-18:00, Sat,Sun, 2026-12-24..2027-01-06."),
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    note = models.CharField(_("note"), max_length=255, blank=True, help_text=_("Who asked for it, and why."))

    class Meta:
        verbose_name = _("blackout window")
        verbose_name_plural = _("blackout windows")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.window} ({self.time_zone})"

    @classmethod
    def for_all(cls) -> Blackouts:
        """The windows for all analyses."""
        return Blackouts(tuple((parse(row.window), ZoneInfo(row.time_zone)) for row in cls.objects.all()))

    @classmethod
    def for_analysis(cls, analysis: Analysis) -> Blackouts:
        """The windows for this analysis: the common ones and its own."""
        return with_own(cls.for_all(), analysis)


def with_own(for_all: Blackouts, analysis: Analysis) -> Blackouts:
    """The windows for all analyses, and those of this one."""
    return with_windows(for_all, analysis.blackout, analysis.zone)


def with_windows(for_all: Blackouts, blackout: str, zone: ZoneInfo) -> Blackouts:
    """The windows for all analyses, and those that are written in this text."""
    return Blackouts(for_all.windows + tuple((window, zone) for window in parse_all(blackout)))

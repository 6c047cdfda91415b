"""The settings that an administrator changes while the product runs: one row."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

LONGEST_DAYS = 3650
SHORTEST_SECURITY_DAYS = 30  # so that nobody removes the traces of yesterday


def _days(of: str, help_text: str) -> models.PositiveSmallIntegerField:
    """A field for a number of days to keep something; empty means forever."""
    empty = _("Empty: kept for ever.")
    return models.PositiveSmallIntegerField(
        of,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
        help_text=format_lazy("{} {}", help_text, empty),
    )


def _most(default: int, of: str, help_text: str) -> models.PositiveIntegerField:
    """A field for the most that is allowed."""
    validators = [MinValueValidator(1), MaxValueValidator(1_000_000)]
    return models.PositiveIntegerField(of, default=default, validators=validators, help_text=help_text)


class ScanSettings(models.Model):
    """The single row of settings. Its lock (`locked()`) also makes admissions of URL scans wait for each other."""

    capacity = models.PositiveSmallIntegerField(
        _("capacity"),
        default=2,
        validators=[MinValueValidator(1)],
        help_text=_("How many URL scans may run at a time. About 105 MB and half a core each."),
    )

    pause_limit = models.DurationField(
        _("pause limit"),
        default=timedelta(days=7),
        validators=[MinValueValidator(timedelta(minutes=1)), MaxValueValidator(timedelta(days=LONGEST_DAYS))],
        help_text=_("A scan that a user left paused for longer ends, its results kept. Days and HH:MM:SS."),
    )

    # Limits of one analysis and one person: see transitions/quotas
    analysis_mb = _most(12, _("one analysis (MB)"), _("Its logins, scripts, headers and lists together."))
    stored_mb = _most(250, _("logins and scripts of one person (MB)"), _("What several runs share counts once."))
    open_analyses = _most(200, _("open analyses of one person"), _("Submitted, and not ended."))
    open_url_scans = _most(5000, _("open URL scans of one person"), _("The URLs of these analyses."))
    drafts = _most(100, _("drafts of one person"), _("Analyses saved for later."))

    # The retention policy: see retention
    keep_runs_days = _days(
        _("runs (days)"), _("Ended runs are deleted so many days after their end, with all but their log.")
    )
    keep_evidence_days = _days(
        _("evidence (days)"),
        _(
            "So many days after a run ended, the requests and answers of its findings, engine logs and saved sessions "
            "are removed. The findings stay."
        ),
    )
    keep_screenshots_days = _days(
        _("screenshots (days)"), _("Pictures of the targets are removed so many days after a run ended.")
    )
    keep_logs_days = _days(
        _("logs (days)"),
        _(
            "The activity log of a run that ended or was deleted is removed when nothing has happened to it for so "
            "many days; an entry that says so stays."
        ),
    )

    keep_security_days = models.PositiveSmallIntegerField(
        _("security log (days)"),
        default=365,
        validators=[MinValueValidator(SHORTEST_SECURITY_DAYS), MaxValueValidator(LONGEST_DAYS)],
        help_text=_("Events of the security log are removed after so many days, 30 at least."),
    )

    class Meta:
        verbose_name = _("scan settings")
        verbose_name_plural = _("scan settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="scan_settings_one_row")]

    def __str__(self) -> str:
        return str(capfirst(self._meta.verbose_name))

    @classmethod
    def current(cls) -> "ScanSettings":
        """The settings as they are now."""
        return cls.objects.get(pk=1)

    @classmethod
    def locked(cls) -> "ScanSettings":
        """The same, with the row locked until the transaction ends (a no-op on SQLite, where BEGIN locks)."""
        return cls.objects.select_for_update().get(pk=1)

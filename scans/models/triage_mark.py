"""The decision of a reviewer about a weakness, for every run of the series."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scans.models.activity_log_entry import ActivityLogEntry
from scans.models.analysis import Series
from scans.reasons import labelled

VERDICTS = [
    f"url_scan.finding_{action}"
    for action in ("marked", "mark_taken_back", "found_again", "acceptance_ended", "assigned")
]


@labelled
class Mark(models.TextChoices):
    """The decisions that a reviewer can make."""

    UNREVIEWED = "unreviewed", _("Unreviewed")
    CONFIRMED = "confirmed", _("Confirmed")
    FALSE_POSITIVE = "false_positive", _("False positive")
    ACCEPTED = "accepted", _("Accepted")
    FIXED = "fixed", _("Fixed")


class Reopened(models.TextChoices):
    """Why a weakness that was dismissed is open again, although nobody decided so."""

    FOUND_AGAIN = "found_again", _("Fixed, found again")
    EXPIRED = "expired", _("Acceptance is over")


class TriageMarkQuerySet(models.QuerySet):
    """Questions about marks."""

    def expired(self):
        """Accepted ones whose last day is over."""
        return self.filter(mark=Mark.ACCEPTED, accepted_until__lt=timezone.localdate())


class TriageMark(models.Model):
    """The current mark of one weakness, identified by its fingerprint. The log has its history."""

    series = models.ForeignKey(
        Series, verbose_name=_("series"), on_delete=models.CASCADE, related_name="marks", db_index=False
    )
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    mark = models.CharField(_("Mark"), max_length=14, choices=Mark.choices)
    comment = models.TextField(_("comment"), blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(_("time"))
    accepted_until = models.DateField(
        _("accepted until"), null=True, blank=True, help_text=_("The last day. After it, the weakness is open again.")
    )
    reopened = models.CharField(
        _("open again because"), max_length=11, blank=True, db_default="", default="", choices=Reopened.choices
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assignee"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    due = models.DateField(_("due"), null=True, blank=True)
    version = models.PositiveIntegerField(
        _("version"), db_default=0, default=0, editable=False, help_text=_("How often somebody decided.")
    )
    previous = models.JSONField(
        _("earlier mark"), null=True, editable=False, help_text=_("The decision before the last one, to take it back.")
    )

    objects = TriageMarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark of a weakness")
        verbose_name_plural = _("marks of weaknesses")
        constraints = [
            models.UniqueConstraint(fields=["series", "fingerprint"], name="mark_once_per_series"),
            models.CheckConstraint(condition=models.Q(mark__in=Mark.values), name="mark_known"),
        ]
        indexes = [
            models.Index(
                fields=["accepted_until"],
                name="mark_accepted_until",
                condition=models.Q(accepted_until__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.get_mark_display()

    @property
    def is_decided(self) -> bool:
        """Whether somebody, or the system, has ever said anything about the mark itself."""
        return self.mark != Mark.UNREVIEWED or bool(self.version)

    def as_decided(self) -> dict:
        """The decision as `previous` keeps it, to take the next one back."""
        until = self.accepted_until and self.accepted_until.isoformat()
        kept = {"mark": str(self.mark), "comment": self.comment, "reopened": self.reopened}
        return {**kept, "accepted_until": until}

    @classmethod
    def history(cls, series_id: int, finding, user):
        """The entries of the log about decisions on the weakness of a finding, in all runs, that this user may see.

        Entries of before 0.4 do not hold its fingerprint, but the same words.
        """
        told = models.Q(data__fingerprint=finding.fingerprint) | models.Q(data__finding=str(finding)[:300])
        entries = ActivityLogEntry.objects.visible_to(user).filter(
            told, analysis__series=series_id, action__in=VERDICTS
        )
        return entries.select_related("user", "url_scan").order_by("-pk")

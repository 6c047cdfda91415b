"""The decision of a reviewer about a weakness, for every run of the series."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Series


class Mark(models.TextChoices):
    """The decisions that a reviewer can make."""

    UNREVIEWED = "unreviewed", _("Unreviewed")
    CONFIRMED = "confirmed", _("Confirmed")
    FALSE_POSITIVE = "false_positive", _("False positive")
    ACCEPTED = "accepted", _("Accepted")
    FIXED = "fixed", _("Fixed")


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

    class Meta:
        verbose_name = _("mark of a weakness")
        verbose_name_plural = _("marks of weaknesses")
        constraints = [
            models.UniqueConstraint(fields=["series", "fingerprint"], name="mark_once_per_series"),
            models.CheckConstraint(condition=models.Q(mark__in=Mark.values), name="mark_known"),
        ]

    def __str__(self) -> str:
        return self.get_mark_display()

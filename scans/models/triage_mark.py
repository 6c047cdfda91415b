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

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="marks", db_index=False)
    fingerprint = models.CharField(max_length=64)
    mark = models.CharField(max_length=14, choices=Mark.choices)
    comment = models.TextField(blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "fingerprint"], name="mark_once_per_series"),
            models.CheckConstraint(condition=models.Q(mark__in=Mark.values), name="mark_known"),
        ]

    def __str__(self) -> str:
        return self.get_mark_display()

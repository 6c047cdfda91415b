"""A check of a target before its scan: the step, its outcome, and how long it took."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.url_scan import UrlScan
from scans.reasons import Reason, ReasonField, check_name


class TargetCheck(models.Model):
    """One step of the checks (see prescan.connection for the steps and reasons), kept for Scan Details."""

    url_scan = models.ForeignKey(UrlScan, verbose_name=_("URL scan"), on_delete=models.CASCADE, related_name="checks")
    at = models.DateTimeField(_("time"))
    occasion = models.CharField(
        _("occasion"), max_length=8, choices=[("prescan", _("Prescan")), ("start", _("At the start"))]
    )
    step = models.CharField(_("step"), max_length=20)
    passed = models.BooleanField(_("passed"))
    reason = models.CharField(_("reason"), max_length=40, blank=True, help_text=_("A code; empty if the check passed."))
    detail = ReasonField(_("detail"), blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)

    class Meta:
        verbose_name = _("check of a target")
        verbose_name_plural = _("checks of targets")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.step}: {'passed' if self.passed else self.reason}"

    @property
    def name(self) -> Reason:
        """The step's name, to be worded."""
        return check_name(self.step)

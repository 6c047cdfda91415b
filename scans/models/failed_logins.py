"""Failed logins: how often somebody guessed, and until when the next guess has to wait."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FailedLogins(models.Model):
    """The failed logins of one account from one source, of one account from anywhere, or of one source.

    `account` is a digest of the name that was typed, because people type passwords into the wrong field. `source` is a
    network address or a known browser. An empty one stands for all.
    """

    account = models.CharField(_("account"), max_length=64, blank=True)
    source = models.CharField(_("source"), max_length=64, blank=True)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    last_at = models.DateTimeField(_("last failure"), db_index=True)
    blocked_until = models.DateTimeField(_("blocked until"), null=True)

    class Meta:
        verbose_name = _("failed logins")
        verbose_name_plural = _("failed logins")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "source"], name="failed_logins_unique")]

    def __str__(self) -> str:
        return f"{self.account[:8]} {self.source}: {self.failures}"

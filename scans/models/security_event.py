"""The security log: one row for each event that matters to the safety of the dashboard itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.activity_log_entry import Actor, AppendOnly
from scans.reasons.security import KINDS


class SecurityEvent(models.Model):
    """One event: when, who, from where, what, to what. Append-only as the activity log; see database/append_only.

    Names are kept as they were: no row refers to an account, so that the log outlives it. Each column that the page
    filters by has an index with the id, so that a page costs the same however long the log is.
    """

    at = models.DateTimeField(_("time"), db_index=True)
    kind = models.CharField(_("kind"), max_length=20, choices=list(KINDS.items()))
    event = models.CharField(_("event"), max_length=60)
    actor = models.CharField(_("actor"), max_length=12, choices=Actor.choices, blank=True)
    who = models.CharField(_("user"), max_length=200, blank=True)
    who_id = models.BigIntegerField(_("user's number"), null=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    subject_type = models.CharField(_("type of subject"), max_length=60, blank=True)
    subject_id = models.CharField(_("subject's number"), max_length=40, blank=True)
    address = models.CharField(_("address"), max_length=45, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security log")
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=[column, "-id"], name=f"security_by_{column}")
            for column in ("kind", "event", "who", "subject", "address")
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event}"

    def save(self, *args, **kwargs) -> None:
        """Add the event; raises AppendOnly for one that exists already."""
        if self.pk is not None:
            raise AppendOnly("Events of the security log cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        """Always raises AppendOnly."""
        raise AppendOnly("Events of the security log cannot be deleted.")

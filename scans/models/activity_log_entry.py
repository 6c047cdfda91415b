"""The activity log: one entry for each thing that happened. Entries are added, never changed or removed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis
from scans.models.log_queryset import ActivityLogQuerySet
from scans.models.url_scan import UrlScan
from scans.reasons import ReasonField, labelled


@labelled
class Actor(models.TextChoices):
    """The kind of actor: a person or a part of the system."""

    USER = "user", _("User")
    COMMAND = "command", _("Command line")
    SCHEDULER = "scheduler", _("Scheduler")
    WORKER = "worker", _("Worker")
    ENGINE = "engine", _("Engine")
    PRESCAN = "prescan", _("Prescan")
    VERIFICATION = "verification", _("Verification")


class AppendOnly(Exception):
    """Raised on an attempt to change or delete an entry of the activity log."""


class ActivityLogEntry(models.Model):
    """One entry: when, who, what, from which status to which, why.

    `action` is a typed name such as `url_scan.paused`; the sentence is made from it when read, see
    `activity`. Append-only three times: here, in the admin, and by triggers in the database.
    """

    # No index of its own where another one begins with the same column: each costs every write.
    analysis = models.ForeignKey(
        Analysis, verbose_name=_("analysis"), on_delete=models.PROTECT, related_name="activity", db_index=False
    )
    url_scan = models.ForeignKey(
        UrlScan, verbose_name=_("URL scan"), null=True, on_delete=models.PROTECT, related_name="activity"
    )
    at = models.DateTimeField(_("time"))
    actor = models.CharField(_("actor"), max_length=12, choices=Actor.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    action = models.CharField(_("action"), max_length=60)
    from_status = models.CharField(_("status before"), max_length=60, blank=True)
    to_status = models.CharField(_("status after"), max_length=60, blank=True)
    reason = ReasonField(_("reason"), blank=True)
    data = models.JSONField(_("facts"), default=dict, blank=True)

    objects = ActivityLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity log entry")
        verbose_name_plural = _("activity log entries")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["analysis", "-id"], name="activity_by_analysis")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"

    def save(self, *args, **kwargs) -> None:
        """Add the entry; raises AppendOnly for one that exists already."""
        if self.pk is not None:
            raise AppendOnly("Activity log entries cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        """Always raises AppendOnly."""
        raise AppendOnly("Activity log entries cannot be deleted.")

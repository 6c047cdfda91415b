"""A URL scan: the scan of one target URL inside an analysis."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis
from scans.models.querysets import UrlScanQuerySet
from scans.reasons import ReasonField
from scans.severities import SEVERITIES
from scans.statuses import Status, UrlScanStatus


class PausedBy(models.TextChoices):
    """The one that paused it, and so the one that resumes it."""

    USER = "user", _("A user")
    WINDOW = "window", _("A blackout window")


class UrlScan(models.Model):
    """The scan of one URL: status, lease of the worker that runs it, and what the engine counted.

    `status`, `reason` and the lease are written by `transitions` alone; the counts by the runner,
    which holds the lease.
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="url_scans", db_index=False)
    url = models.CharField(max_length=2000)
    position = models.PositiveSmallIntegerField(default=0)

    status = models.CharField(
        max_length=60, choices=UrlScanStatus.choices, default=UrlScanStatus.SUBMITTED, editable=False
    )
    reason = ReasonField(blank=True, editable=False, help_text="why it has this status")
    status_at = models.DateTimeField(editable=False, help_text="since when it has this status")
    queued_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)

    slot_since = models.DateTimeField(null=True, editable=False, help_text="since when it holds a capacity slot")
    paused_by = models.CharField(max_length=6, choices=PausedBy.choices, blank=True, editable=False)
    continues = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the URL scan whose session it continues",
    )
    crawl_script = models.TextField(blank=True, editable=False, help_text="a recorded script: see encryption")
    crawl_script_name = models.CharField(max_length=255, blank=True, help_text="the name of its file")

    # The lease: its holder runs the engine or the verification, until the lease ends.
    lease_holder = models.CharField(max_length=64, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="how often another worker took it after its worker was lost"
    )

    # Reported by the engine
    engine = models.CharField(max_length=100, blank=True, editable=False)
    engine_version = models.CharField(max_length=40, blank=True, editable=False)
    resolved_address = models.CharField(max_length=200, blank=True, editable=False)
    phase = models.CharField(max_length=20, blank=True, editable=False)
    module = models.CharField(max_length=60, blank=True, editable=False)
    modules_done = models.PositiveSmallIntegerField(default=0, editable=False)
    modules_total = models.PositiveSmallIntegerField(default=0, editable=False)
    urls_crawled = models.PositiveIntegerField(default=0, editable=False)
    requests = models.PositiveIntegerField(default=0, editable=False)
    responses = models.JSONField(default=dict, blank=True, editable=False)
    network_errors = models.PositiveIntegerField(default=0, editable=False)
    logins_succeeded = models.PositiveIntegerField(default=0, editable=False)
    logins_failed = models.PositiveIntegerField(default=0, editable=False)
    logins_failed_in_a_row = models.PositiveIntegerField(default=0, editable=False)
    findings_critical = models.PositiveIntegerField(default=0, editable=False)
    findings_high = models.PositiveIntegerField(default=0, editable=False)
    findings_medium = models.PositiveIntegerField(default=0, editable=False)
    findings_low = models.PositiveIntegerField(default=0, editable=False)
    findings_info = models.PositiveIntegerField(default=0, editable=False)

    objects = UrlScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("URL scan")
        ordering = ["analysis", "position"]
        constraints = [
            models.UniqueConstraint(fields=["analysis", "url"], name="url_scan_url_once_per_analysis"),
            models.CheckConstraint(condition=models.Q(status__in=UrlScanStatus.values), name="url_scan_status_known"),
        ]
        indexes = [
            models.Index(fields=["status", "queued_at"], name="url_scan_by_status"),
            models.Index(fields=["engine", "engine_version", "analysis"], name="url_scan_by_engine"),
            models.Index(fields=["slot_since"], name="url_scan_slot", condition=models.Q(slot_since__isnull=False)),
            models.Index(fields=["lease_until"], name="url_scan_leased", condition=models.Q(lease_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.url

    def get_absolute_url(self) -> str:
        """Its Scan Details tab."""
        return reverse("scans:url-scan-detail", args=[self.analysis_id, self.pk])

    @property
    def info(self) -> Status:
        """The catalogue's entry for the status."""
        return UrlScanStatus(self.status).info

    @property
    def directory(self) -> Path:
        """The folder of the engine's session, report and log."""
        return Path(settings.VAR_DIR) / "scans" / str(self.pk)

    @property
    def findings_total(self) -> int:
        """The number of findings of all severities."""
        return sum(getattr(self, f"findings_{name}") for name in SEVERITIES)

    def ran_for(self, now: datetime) -> timedelta | None:
        """Return how long it ran, until its end or `now`; None if it never started."""
        return (self.ended_at or now) - self.started_at if self.started_at else None

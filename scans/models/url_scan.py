"""A URL scan: the scan of one target URL inside an analysis."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis
from scans.models.crawl_script import CrawlScript
from scans.models.querysets import Slots, UrlScanQuerySet
from scans.models.target_login import TargetLogin
from scans.reasons import NoticesField, ReasonField
from scans.severities import SEVERITIES
from scans.statuses import SAVED_URL, Status, UrlScanStatus
from scans.targets.zones import DEFAULT_ZONE, MAX_ZONE_CHARACTERS


class UrlScanManager(models.Manager.from_queryset(UrlScanQuerySet)):
    """Questions about URL scans that take a look at their analyses first."""

    def fairest_waiting(self, slots: Slots | None = None) -> "UrlScan | None":
        """The URL scan that gets the next slot, or None: the longest waiting of the analysis whose turn it is.

        `slots` are those that are taken. If no analysis is known to wait, as in the first minute after a process of an
        older version has written one, it is the URL scan that has waited for the longest time.
        """
        analysis = Analysis.objects.fairest_waiting(self.slots() if slots is None else slots)
        waiting = self.waiting_for_capacity()
        return (waiting.filter(analysis=analysis).first() if analysis else None) or waiting.first()


class PausedBy(models.TextChoices):
    """The one that paused it, and so the one that resumes it."""

    USER = "user", _("A user")
    WINDOW = "window", _("A blackout window")


class UrlScan(models.Model):
    """The scan of one URL: status, lease of the worker that runs it, and what the engine counted.

    `status`, `reason`, `notices` and the lease are written by `transitions` alone; the counts by the runner,
    which holds the lease.
    """

    analysis = models.ForeignKey(
        Analysis, verbose_name=_("analysis"), on_delete=models.CASCADE, related_name="url_scans", db_index=False
    )
    url = models.CharField(_("URL"), max_length=2000)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    # As notices: SQLite adds a column in place if it is nullable, and its default a Value.
    zone = models.CharField(  # noqa: DJ001
        _("zone"),
        max_length=MAX_ZONE_CHARACTERS,
        null=True,
        db_default=models.Value(DEFAULT_ZONE),
        editable=False,
        help_text=_("Only workers of this zone send requests to it."),
    )

    status = models.CharField(
        _("status"), max_length=60, choices=UrlScanStatus.choices, default=UrlScanStatus.SUBMITTED, editable=False
    )
    reason = ReasonField(_("reason"), blank=True, editable=False, help_text=_("Why it has this status."))
    # Nullable: otherwise SQLite would rebuild the table to add the column, which the log's triggers do not allow.
    notices = NoticesField(_("notices"), null=True, editable=False, help_text=_("Limits of what its status means."))
    status_at = models.DateTimeField(_("status since"), editable=False)
    queued_at = models.DateTimeField(_("queued at"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)

    slot_since = models.DateTimeField(_("holds a capacity slot since"), null=True, editable=False)
    # Nullable, as notices
    unserved_since = models.DateTimeField(
        _("waits for a worker of its zone since"),
        null=True,
        editable=False,
        help_text=_("While no worker serves its zone, others get the capacity."),
    )
    paused_by = models.CharField(_("paused by"), max_length=6, choices=PausedBy.choices, blank=True, editable=False)
    continues = models.ForeignKey(
        "self",
        verbose_name=_("continues"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The URL scan whose session it continues."),
    )
    # Without Django's own indexes: most rows refer to nothing
    login = models.ForeignKey(
        TargetLogin,
        verbose_name=_("login"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="url_scans",
        db_index=False,
    )
    crawl_script = models.ForeignKey(
        CrawlScript,
        verbose_name=_("crawl script"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="url_scans",
        db_index=False,
    )

    # The lease: its holder runs the engine or the verification, until the lease ends.
    lease_holder = models.CharField(_("worker"), max_length=64, blank=True, editable=False)
    lease_until = models.DateTimeField(_("held by its worker until"), null=True, editable=False)
    verified_at = models.DateTimeField(_("verified at"), null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(
        _("lost workers"),
        default=0,
        editable=False,
        help_text=_("How often another worker took it after its worker was lost."),
    )

    usual_answer = models.JSONField(
        _("usual answer"),
        null=True,  # as notices
        editable=False,
        help_text=_("The URL's answer in the last passed check. Later answers are compared with it."),
    )

    # Reported by the engine
    engine = models.CharField(_("engine"), max_length=100, blank=True, editable=False)
    engine_version = models.CharField(_("engine version"), max_length=40, blank=True, editable=False)
    resolved_address = models.CharField(_("resolved address"), max_length=200, blank=True, editable=False)
    phase = models.CharField(_("phase"), max_length=20, blank=True, editable=False)
    module = models.CharField(_("module"), max_length=60, blank=True, editable=False)
    modules_done = models.PositiveSmallIntegerField(_("modules done"), default=0, editable=False)
    modules_total = models.PositiveSmallIntegerField(_("modules in total"), default=0, editable=False)
    urls_crawled = models.PositiveIntegerField(_("URLs crawled"), default=0, editable=False)
    requests = models.PositiveIntegerField(_("requests"), default=0, editable=False)
    responses = models.JSONField(_("responses"), default=dict, blank=True, editable=False)
    network_errors = models.PositiveIntegerField(_("network errors"), default=0, editable=False)
    requests_refused = models.PositiveIntegerField(_("requests refused"), null=True, editable=False)
    pace = ReasonField(
        _("pace"), null=True, editable=False, help_text=_("How the site slows the scan down at the moment.")
    )
    logins_succeeded = models.PositiveIntegerField(_("logins succeeded"), default=0, editable=False)
    logins_failed = models.PositiveIntegerField(_("logins failed"), default=0, editable=False)
    logins_failed_in_a_row = models.PositiveIntegerField(_("logins failed in a row"), default=0, editable=False)
    findings_critical = models.PositiveIntegerField(_("findings: critical"), default=0, editable=False)
    findings_high = models.PositiveIntegerField(_("findings: high"), default=0, editable=False)
    findings_medium = models.PositiveIntegerField(_("findings: medium"), default=0, editable=False)
    findings_low = models.PositiveIntegerField(_("findings: low"), default=0, editable=False)
    findings_info = models.PositiveIntegerField(_("findings: info"), default=0, editable=False)

    objects = UrlScanManager()

    held_until = 0.0  # the end of the lease by this process' own `monotonic`, while it holds the scan

    class Meta:
        verbose_name = _("URL scan")
        verbose_name_plural = _("URL scans")
        ordering = ["analysis_id", "position"]  # not "analysis": that would join it, for its own order
        constraints = [
            models.UniqueConstraint(fields=["analysis", "url"], name="url_scan_url_once_per_analysis"),
            models.CheckConstraint(condition=models.Q(status__in=UrlScanStatus.values), name="url_scan_status_known"),
        ]
        indexes = [
            models.Index(fields=["status", "queued_at"], name="url_scan_by_status"),
            models.Index(fields=["engine", "engine_version", "analysis"], name="url_scan_by_engine"),
            models.Index(fields=["login"], name="url_scan_login", condition=models.Q(login__isnull=False)),
            models.Index(
                fields=["crawl_script"], name="url_scan_script", condition=models.Q(crawl_script__isnull=False)
            ),
            models.Index(fields=["slot_since"], name="url_scan_slot", condition=models.Q(slot_since__isnull=False)),
            models.Index(fields=["zone"], name="url_scan_unserved", condition=models.Q(unserved_since__isnull=False)),
            models.Index(fields=["lease_until"], name="url_scan_leased", condition=models.Q(lease_until__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.url

    def get_absolute_url(self) -> str:
        """Its Scan Details tab."""
        return reverse("scans:url-scan-detail", args=[self.analysis_id, self.pk])

    @property
    def info(self) -> Status:
        """The catalogue's entry for the status. Of an analysis that is saved for later, a URL is saved, too."""
        if self.status == UrlScanStatus.SUBMITTED and self.analysis.submitted_at is None:
            return SAVED_URL
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

"""An analysis: one run of a Dynamic Analysis, and the series that its runs form."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxLengthValidator, MinLengthValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from scans.database.statements import totals_by_status
from scans.models.lean import LeanManager
from scans.models.querysets import (
    EVIDENCE_KEPT,
    LOG_KEPT,
    PRESENT,
    SCREENSHOTS_KEPT,
    AnalysisQuerySet,
    sees_everything,
)
from scans.severities import DISMISSED, MOST_WEIGHED, unweigh
from scans.statuses import AnalysisStatus, Phase, Status
from scans.statuses.rollup import found


class Publication(models.TextChoices):
    """The way of publishing the results after verification: automatic, or by a reviewer."""

    AUTOMATIC = "automatic", _("Automatically, after verification")
    REVIEWER = "reviewer", _("By a reviewer")


class StopMode(models.TextChoices):
    """The two kinds of stop: save or delete the results."""

    SAVE = "save", _("Stop and save results")
    DELETE = "delete", _("Stop and delete results")


class Series(models.Model):
    """All runs of one Dynamic Analysis. Their name is unique among series."""

    name = models.CharField(
        _("name"), max_length=200, unique=True, validators=[MinLengthValidator(3), MaxLengthValidator(200)]
    )

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = pgettext_lazy("plural", "series")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def free_name(cls, name: str) -> str:
        """Return a name for a copy that no series has: “Shop (2)”."""
        for number in range(2, 1000):
            free = f"{name[:190]} ({number})"
            if not cls.objects.filter(name=free).exists():
                return free
        return name


def _list_index(field: str, *, name: str, by_status: bool = True, only: models.Q | None = None) -> models.Index:
    """An index of the present analyses by a field, separately for each status."""
    present = models.Q(deleted_at__isnull=True)
    fields = ["status", field, "id"] if by_status else [field, "id"]
    return models.Index(fields=fields, name=name, condition=present & only if only else present)


def _old_index(field: str, *, name: str, kept: models.Q) -> models.Index:
    """An index of the ended analyses that still have some kind of data."""
    return models.Index(fields=[field, "id"], name=name, condition=models.Q(ended_at__isnull=False) & kept)


class Analysis(models.Model):
    """One run: its configuration, what was asked of it, and its status as derived from its URL scans.

    `status` and everything that belongs to it are written by `transitions` alone.
    """

    series = models.ForeignKey(
        Series, verbose_name=_("series"), on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    run = models.PositiveIntegerField(_("run"), default=1, help_text=_("1 for the first run of the series."))
    # Here too, for finding and sorting
    name = models.CharField(_("name"), max_length=200, help_text=_("The name of the series."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("submitted by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    submission_key = models.UUIDField(
        _("submission key"),
        unique=True,
        null=True,
        help_text=_("Made with the form, so that sending it twice submits once."),
    )

    # Configuration
    depth = models.PositiveSmallIntegerField(
        _("crawl depth"), default=20, help_text=_("How many links away from the target the crawler goes.")
    )
    prescan = models.BooleanField(
        _("prescan"), default=True, help_text=_("Check every URL as soon as the analysis is submitted.")
    )
    duration = models.DurationField(_("duration"), help_text=_("Scanning ends this long after it started."))
    publication = models.CharField(
        _("publication"), max_length=10, choices=Publication.choices, default=Publication.AUTOMATIC
    )
    start_at = models.DateTimeField(_("scheduled start"), null=True, help_text=_("Empty: at once."))
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="UTC", help_text=_("For the start and the blackout windows.")
    )
    # As blackouts.parse_all and recurrence.Recurrence read them
    blackout = models.TextField(_("blackout windows"), blank=True, help_text=_("Its own, one to a line."))
    recurrence = models.JSONField(_("recurrence"), default=dict, blank=True, help_text=_("How it repeats."))
    # Nullable: otherwise SQLite would rebuild the table to add the column, which the log's triggers do not allow.
    left_out = models.JSONField(
        _("left-out addresses"),
        null=True,
        editable=False,
        help_text=_("Patterns of addresses that are never requested."),
    )
    headers = models.JSONField(
        _("headers of every request"), null=True, editable=False, help_text=_("Names and encrypted values.")
    )
    requests_at_once = models.PositiveSmallIntegerField(
        _("requests at once"),
        null=True,
        help_text=_("How many requests of one scan are under way at the same time, at most."),
    )
    continues = models.ForeignKey(
        "self",
        verbose_name=_("continues"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("The run that this one continues."),
    )

    # Events
    status = models.CharField(
        _("status"),
        max_length=60,
        choices=AnalysisStatus.choices,
        default=AnalysisStatus.SAVED_FOR_LATER,
        editable=False,
    )
    created_at = models.DateTimeField(_("created at"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    prescan_asked_at = models.DateTimeField(
        _("prescan of a draft asked for at"), null=True, editable=False, help_text=_("Until that prescan starts.")
    )
    prescan_started_at = models.DateTimeField(_("prescan started at"), null=True, editable=False)
    prescan_ended_at = models.DateTimeField(_("prescan ended at"), null=True, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)
    expires_at = models.DateTimeField(
        _("duration ends at"), null=True, editable=False, help_text=_("Known once it started.")
    )
    blackout_since = models.DateTimeField(_("in a blackout window since"), null=True, editable=False)
    changed_at = models.DateTimeField(_("last change"))
    version = models.PositiveBigIntegerField(
        _("version"), default=0, editable=False, help_text=_("Grows with every change that a page shows.")
    )
    stop_mode = models.CharField(_("kind of stop"), max_length=6, choices=StopMode.choices, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)

    # When the retention policy expired a kind of data: see maintenance/retention
    evidence_expired_at = models.DateTimeField(_("evidence removed at"), null=True, editable=False)
    screenshots_expired_at = models.DateTimeField(_("screenshots removed at"), null=True, editable=False)
    # Written by transitions/removal
    removal_asked_at = models.DateTimeField(
        _("removal of data asked for at"), null=True, editable=False, help_text=_("Until the data is removed.")
    )
    removal_failed_at = models.DateTimeField(
        _("removal of data failed at"),
        null=True,
        editable=False,
        help_text=_("The log says why. “manage.py retain” tries it again."),
    )
    # Entries before this moment may be deleted: see database/append_only
    log_expired_at = models.DateTimeField(
        _("log removed at"), null=True, editable=False, help_text=_("Entries before this moment may be deleted.")
    )

    # Derived, for sorting; written together with their sources; `manage.py recount` checks them
    urls = models.PositiveSmallIntegerField(
        _("URLs"), db_default=0, editable=False, help_text=_("How many URL scans it has.")
    )
    # As severities.weigh counts them
    findings_all = models.BigIntegerField(
        _("findings, weighted"),
        db_default=0,
        editable=False,
        help_text=_("All its open weaknesses as one number to sort by."),
    )
    findings_shown = models.BigIntegerField(
        _("published findings, weighted"),
        db_default=0,
        editable=False,
        help_text=_("The same, without results under verification."),
    )
    # Null for none, because a column that may be null is added to a large table at once
    dismissed_all = models.PositiveIntegerField(
        _("dismissed weaknesses"),
        null=True,
        editable=False,
        help_text=_("Weaknesses that are marked as false positive, accepted or fixed. Empty: none."),
    )
    dismissed_shown = models.PositiveIntegerField(
        _("published dismissed weaknesses"),
        null=True,
        editable=False,
        help_text=_("The same, without results under verification."),
    )
    run_time = models.DurationField(
        _("run time"), null=True, editable=False, help_text=_("How long it ran, once it has ended.")
    )

    # Derived too, and null in nearly all rows. By it a free slot finds its next URL scan, however many wait
    waiting_since = models.DateTimeField(
        _("waits for capacity since"),
        null=True,
        editable=False,
        help_text=_("When the longest waiting of its URL scans was queued, of those that wait for a capacity slot."),
    )

    LARGE = ("headers", "left_out")

    objects = LeanManager.from_queryset(AnalysisQuerySet)()

    class Meta:
        verbose_name = _("analysis")
        verbose_name_plural = _("analyses")
        ordering = ["-changed_at", "-pk"]
        permissions = [
            ("submit_analysis", "Can create, submit, stop, pause, resume, run again and delete analyses"),
            ("review_analysis", "Can see results under verification, mark findings, and publish"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["series", "run"], name="analysis_run_once_per_series"),
            models.CheckConstraint(condition=models.Q(status__in=AnalysisStatus.values), name="analysis_status_known"),
            models.CheckConstraint(
                condition=models.Q(stop_mode__in=["", *StopMode.values]), name="analysis_stop_mode_known"
            ),
        ]
        indexes = [
            # The list pages along these, in both directions: see analysis_list/ordering
            _list_index("changed_at", name="analysis_list_changed", by_status=False),
            _list_index("changed_at", name="analysis_list_status"),
            _list_index("name", name="analysis_list_name"),
            _list_index("urls", name="analysis_list_urls"),
            _list_index("findings_all", name="analysis_list_found"),
            _list_index("findings_shown", name="analysis_list_shown"),
            _list_index("started_at", name="analysis_list_begun", only=models.Q(started_at__isnull=False)),
            _list_index("start_at", name="analysis_list_start", only=models.Q(started_at__isnull=True)),
            _list_index("run_time", name="analysis_list_run_time", only=models.Q(run_time__isnull=False)),
            models.Index(fields=["start_at"], name="analysis_due", condition=models.Q(status=AnalysisStatus.SCHEDULED)),
            # The scheduler looks along these
            models.Index(
                fields=["waiting_since", "id", "owner"],
                name="analysis_waiting",
                condition=models.Q(waiting_since__isnull=False),
            ),
            models.Index(
                fields=["blackout_since"],
                name="analysis_in_blackout",
                condition=models.Q(blackout_since__isnull=False),
            ),
            models.Index(
                fields=["status", "expires_at"],
                name="analysis_expiring",
                condition=models.Q(expires_at__isnull=False, ended_at__isnull=True),
            ),
            # What a person may still submit is counted along this
            models.Index(
                fields=["owner", "submitted_at", "urls"],
                name="analysis_open_of_owner",
                condition=PRESENT & models.Q(ended_at__isnull=True),
            ),
            # Which rows must have a task is read along these: see models/owed
            models.Index(
                fields=["prescan_asked_at"],
                name="analysis_prescan_asked",
                condition=models.Q(prescan_asked_at__isnull=False),
            ),
            models.Index(
                fields=["removal_asked_at"],
                name="analysis_removal_asked",
                condition=models.Q(removal_asked_at__isnull=False),
            ),
            models.Index(
                fields=["removal_failed_at"],
                name="analysis_removal_failed",
                condition=models.Q(removal_failed_at__isnull=False),
            ),
            # The retention policy finds the oldest runs along these
            _old_index("ended_at", name="analysis_old_runs", kept=PRESENT),
            _old_index("ended_at", name="analysis_old_evidence", kept=PRESENT & EVIDENCE_KEPT),
            _old_index("ended_at", name="analysis_old_screenshots", kept=PRESENT & SCREENSHOTS_KEPT),
            _old_index("changed_at", name="analysis_old_logs", kept=LOG_KEPT),
        ]

    def __str__(self) -> str:
        return _("{name} (run {run})").format(name=self.name, run=self.run) if self.run > 1 else self.name

    def get_absolute_url(self) -> str:
        """The summary page."""
        return reverse("scans:analysis-detail", args=[self.pk])

    @property
    def info(self) -> Status:
        """The catalogue's entry for the status."""
        return AnalysisStatus(self.status).info

    @property
    def runs_before(self) -> AnalysisQuerySet:
        """The runs before this one whose results are published, the last one first."""
        earlier = Analysis.objects.with_results().filter(series=self.series_id, run__lt=self.run)
        return earlier.order_by("-run")

    @property
    def run_before(self) -> "Analysis | None":
        """The last run before this one whose results are published."""
        return self.runs_before.first()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which its start and windows were chosen."""
        return ZoneInfo(self.time_zone)

    @property
    def has_completed(self) -> bool:
        """Whether every URL scan ran to its own end, so that its run time says how long the next run may take."""
        return self.status == AnalysisStatus.COMPLETED_RESULTS_AVAILABLE and self.run_time is not None

    def ran_for(self, now: datetime) -> timedelta | None:
        """Return how long it ran, until its end or `now`; None if it never started."""
        return (self.ended_at or now) - self.started_at if self.started_at else None

    def count_findings(self, user=None) -> dict[str, int]:
        """Return the number of its open weaknesses by severity, and of `dismissed` ones, of those that this user may
        see; without a user, of all.

        A weakness counts once, at however many places and by however many URL scans it was found.
        """
        everything = sees_everything(user)
        counts = unweigh(self.findings_all if everything else self.findings_shown)
        counts[DISMISSED] = (self.dismissed_all if everything else self.dismissed_shown) or 0
        if MOST_WEIGHED in counts.values():  # which may stand for more
            every, shown = found(totals_by_status([self.pk])[self.pk], self.status)
            return every if everything else shown
        return counts

    @property
    def not_kept(self) -> list[tuple[str, datetime]]:
        """The kinds of data that the retention policy removed, and when."""
        parts = [
            (_("requests, answers, engine logs and saved sessions"), self.evidence_expired_at),
            (_("screenshots"), self.screenshots_expired_at),
            (_("the activity log up to then"), self.log_expired_at),
        ]
        return [(what, at) for what, at in parts if at]

    def time_left(self, now: datetime) -> timedelta | None:
        """The time until its duration ends; None before its start and after its end. A blackout stops the clock."""
        if not self.expires_at or self.info.phase not in (Phase.WAITING, Phase.ACTIVE):
            return None
        return max(timedelta(), self.expires_at - (self.blackout_since or now))

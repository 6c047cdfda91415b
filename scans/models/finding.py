"""A finding: one report of the engine, with its evidence and the outcome of the replay."""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scans.engines.events import Kind
from scans.models.lean import LeanManager
from scans.models.querysets import FindingQuerySet
from scans.models.url_scan import UrlScan
from scans.reasons import ReasonField
from scans.severities import SEVERITY_CHOICES


class Replay(models.TextChoices):
    """The outcome of replaying a finding's request."""

    UNVERIFIED = "unverified", _("Unverified")
    CONFIRMED = "confirmed", _("Confirmed")
    NOT_REPRODUCED = "not_reproduced", _("Not reproduced")
    NOT_REPLAYABLE = "not_replayable", _("Not replayable")


KIND_CHOICES = [
    (Kind.MISSING.value, _("missing")),
    (Kind.INVALID.value, _("invalid value")),
    (Kind.UNSAFE.value, _("unsafe")),
    (Kind.UNKNOWN.value, _("unknown name")),
    (Kind.UNCHECKED.value, _("not checked by the server")),
    (Kind.PREDICTABLE.value, _("predictable")),
    (Kind.UNCOMMON.value, _("uncommon methods")),
    (Kind.ERROR.value, _("by an error message")),
    (Kind.BOOLEAN.value, _("by a different answer")),
    (Kind.TIME.value, _("by a delay")),
    (Kind.OUT_OF_BAND.value, _("by a connection back")),
    (Kind.POSSIBLE.value, _("by a warning")),
]
KIND_LABELS = dict(KIND_CHOICES)


class Finding(models.Model):
    """One report of the engine. Only the outcome of the replay is ours."""

    url_scan = models.ForeignKey(
        UrlScan, verbose_name=_("URL scan"), on_delete=models.CASCADE, related_name="findings", db_index=False
    )
    identity = models.CharField(
        _("identity"), max_length=64, help_text=_("The same report of the engine twice is one finding.")
    )
    fingerprint = models.CharField(
        _("fingerprint"), max_length=64, help_text=_("The same for the same weakness in every run of the series.")
    )
    found_at = models.DateTimeField(_("found at"))
    category = models.CharField(_("category"), max_length=200)
    severity = models.CharField(_("severity"), max_length=8, choices=SEVERITY_CHOICES)
    method = models.CharField(_("method"), max_length=16)
    url = models.TextField(_("URL"))
    parameter = models.TextField(_("parameter"), blank=True)
    module = models.CharField(_("module"), max_length=60)
    subject = models.CharField(
        _("subject"),
        max_length=200,
        blank=True,
        db_default="",
        help_text=_("The name of what it is about, such as a cookie."),
    )
    kind = models.CharField(
        _("kind"),
        max_length=16,
        blank=True,
        db_default="",
        choices=KIND_CHOICES,
        help_text=_("What is wrong, or how it was found."),
    )
    info = models.TextField(_("engine report"))
    description = models.TextField(_("description"), blank=True)
    solution = models.TextField(_("solution"), blank=True)
    references = models.JSONField(_("references"), default=list, blank=True)
    wstg = models.JSONField(_("WSTG"), default=list, blank=True)
    cwe = models.JSONField(_("CWE"), default=list, blank=True)
    http_request = models.TextField(_("request"), blank=True)
    evidence_status = models.PositiveSmallIntegerField(_("status code of the response"), default=0)
    evidence_headers = models.JSONField(_("headers of the response"), default=list, blank=True)
    evidence_body = models.TextField(_("body of the response"), blank=True)

    replay = models.CharField(_("replay"), max_length=16, choices=Replay.choices, default=Replay.UNVERIFIED)
    replay_reason = ReasonField(_("reason for the outcome of the replay"), blank=True)
    replayed_at = models.DateTimeField(_("replayed at"), null=True)
    verify_asked_at = models.DateTimeField(
        _("asked to be verified again at"), null=True, editable=False, help_text=_("Until it is verified again.")
    )

    replay_attempts = models.PositiveSmallIntegerField(
        _("replays begun"),
        null=True,  # as the notices of a URL scan
        editable=False,
        help_text=_("How often a worker began to replay it, since its last outcome. More than one were lost under it."),
    )

    LARGE = (
        *("http_request", "evidence_headers", "evidence_body"),
        *("description", "solution", "references"),
    )

    objects = LeanManager.from_queryset(FindingQuerySet)()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["url_scan", "identity"], name="finding_once_per_url_scan"),
            models.CheckConstraint(
                condition=models.Q(severity__in=[value for value, _ in SEVERITY_CHOICES]),
                name="finding_severity_known",
            ),
        ]
        indexes = [
            models.Index(fields=["url_scan", "fingerprint", "severity"], name="finding_by_weakness"),
            models.Index(
                fields=["url_scan"], name="finding_verify_asked", condition=models.Q(verify_asked_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        detail = ", ".join(filter(None, (self.subject, self.kind)))
        return f"{self.category} ({detail}): {self.url}" if detail else f"{self.category}: {self.url}"

    def get_absolute_url(self) -> str:
        """The page of the finding, with its evidence."""
        return reverse("scans:finding-detail", args=[self.url_scan.analysis_id, self.url_scan_id, self.pk])

    @property
    def detail(self) -> str:
        """Its subject and kind, which tell it apart from others of its category; empty if it has neither."""
        return ", ".join(filter(None, (self.subject, self.kind_label)))

    # Django's `get_kind_display` hashes the labels of all choices, which translates each: too slow for rows of a list.

    @property
    def kind_label(self) -> str:
        """The kind in words; empty without one."""
        return str(KIND_LABELS.get(self.kind, self.kind))

    @property
    def replay_label(self) -> str:
        """The outcome of the replay in words."""
        return str(Replay(self.replay).label)

    def runs_that_show_it(self, series_id: int, user) -> list[int]:
        """The numbers of the runs of a series that found the same weakness, as far as this user may see; ascending."""
        alike = Finding.objects.filter(url_scan__analysis__series=series_id, fingerprint=self.fingerprint)
        runs = alike.visible_to(user).order_by("url_scan__analysis__run").values_list("url_scan__analysis__run")
        return [run for (run,) in runs.distinct()]

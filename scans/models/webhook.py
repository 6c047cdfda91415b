"""Webhooks: addresses that are told of events, what is still to be told, and what was told."""

from datetime import timedelta
from secrets import token_hex

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis, Series
from scans.models.saved_view import SavedView
from scans.reasons import ReasonField
from scans.severities import SEVERITY_CHOICES
from scans.targets.policy import MAX_URL_CHARACTERS

DELIVERIES_KEPT = timedelta(days=30)


class WebhookQuerySet(models.QuerySet):
    """Questions about webhooks."""

    def on(self):
        """Webhooks that are not switched off."""
        return self.filter(on_since__isnull=False)

    def switched_off_failing(self):
        """Webhooks that were switched off because nothing could be delivered."""
        return self.filter(on_since=None).exclude(off_reason="").only("name", "off_reason")

    def ready(self):
        """Webhooks with something to send now, that no sender holds; the one that has waited longest first."""
        free = Q(leased_until=None) | Q(leased_until__lt=Now())
        rested = Q(rests_until=None) | Q(rests_until__lte=Now())
        due = WebhookDelivery.objects.due().filter(webhook=OuterRef("pk"))
        return self.on().filter(free, rested).filter(Exists(due)).order_by(F("sent_at").asc(nulls_first=True), "pk")


class Webhook(models.Model):
    """An address, the events that it is told of, and the analyses whose events these are: by default all.

    `sealed` and `old_sealed` are its secrets, encrypted; the old one signs too until `old_until`. `on_since` is NULL
    while it is switched off, and `off_reason` is empty where a person did that. `product` is where the addresses begin
    in what it sends. A sender holds it by `lease` until `leased_until`.
    """

    name = models.CharField(_("Name"), max_length=40, unique=True, validators=[MinLengthValidator(2)])
    url = models.CharField(_("Address"), max_length=MAX_URL_CHARACTERS)
    product = models.CharField(_("address of the dashboard"), max_length=300)
    series = models.ForeignKey(
        Series, verbose_name=_("Series"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    view = models.ForeignKey(
        SavedView, verbose_name=_("Saved view"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    events = models.JSONField(_("Events"), default=list)
    severity = models.CharField(_("Severity"), max_length=8, choices=SEVERITY_CHOICES, default="high")
    sealed = models.TextField(_("sealed secret"), editable=False)
    old_sealed = models.TextField(_("sealed old secret"), blank=True, editable=False)
    old_until = models.DateTimeField(_("old secret until"), null=True)
    made_at = models.DateTimeField(_("created at"), auto_now_add=True)
    on_since = models.DateTimeField(_("on since"), null=True)
    off_reason = ReasonField(_("reason"), blank=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    rests_until = models.DateTimeField(_("rests until"), null=True)
    sent_at = models.DateTimeField(_("last sent at"), null=True)
    lease = models.CharField(_("lease"), max_length=32, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def is_on(self) -> bool:
        """Whether it is told of events."""
        return self.on_since is not None

    @property
    def old_secret_signs(self) -> bool:
        """Whether the secret before the last change still signs."""
        return bool(self.old_sealed) and self.old_until > timezone.now()


class WebhookEvent(models.Model):
    """The outbox: an entry of the activity log of which no webhook was told yet.

    A trigger writes it with the entry, in the same transaction, while a webhook is on: see database/webhook_outbox.
    """

    entry = models.BigIntegerField(_("activity log entry"), primary_key=True)

    class Meta:
        verbose_name = _("event to tell webhooks of")
        verbose_name_plural = _("events to tell webhooks of")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.entry)


def new_message_id() -> str:
    """An id for a message that nobody can guess; it has no full stop, which separates what is signed."""
    return f"msg_{token_hex(16)}"


class WebhookDeliveryQuerySet(models.QuerySet):
    """Questions about deliveries."""

    def waiting(self):
        """Deliveries that are still to be made."""
        return self.filter(state=WebhookDelivery.State.WAITING)

    def due(self):
        """Deliveries to make now. An analysis' events keep their order: none is due while an earlier one waits."""
        alike = {"webhook": OuterRef("webhook"), "analysis": OuterRef("analysis"), "pk__lt": OuterRef("pk")}
        earlier = WebhookDelivery.objects.waiting().filter(**alike)
        return self.waiting().filter(~Exists(earlier), due_at__lte=Now())


class WebhookDelivery(models.Model):
    """One event for one webhook: the text to send, and how each attempt went.

    `attempts` counts those since it was last asked for; `log` has them all: time, status, seconds, the beginning of the
    answer, and the reason of a failure.
    """

    class State(models.TextChoices):
        """How a delivery stands."""

        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    webhook = models.ForeignKey(Webhook, verbose_name=_("webhook"), on_delete=models.CASCADE, related_name="deliveries")
    message = models.CharField(_("message"), max_length=40, default=new_message_id, unique=True)
    event = models.CharField(_("Event"), max_length=60)
    entry = models.BigIntegerField(_("activity log entry"), null=True)
    analysis = models.ForeignKey(
        Analysis, verbose_name=_("analysis"), null=True, on_delete=models.CASCADE, related_name="+"
    )
    body = models.TextField(_("body"))
    made_at = models.DateTimeField(_("created at"), default=timezone.now, db_index=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    log = models.JSONField(_("attempts in detail"), default=list)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery of a webhook")
        verbose_name_plural = _("deliveries of webhooks")
        ordering = ["-pk"]
        default_permissions = ()
        constraints = [
            # An event is told once, also by a scheduler that was frozen while another one told it.
            models.UniqueConstraint(fields=["webhook", "entry", "event"], name="webhook_event_once"),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "analysis", "id"], name="webhook_waiting", condition=models.Q(state="waiting")
            ),
            models.Index(fields=["webhook", "-id"], name="webhook_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.message}"

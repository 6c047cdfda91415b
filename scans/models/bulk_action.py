"""One action asked for many analyses at once, and what became of each."""

from django.conf import settings
from django.db import models
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis
from scans.reasons import ReasonField
from scans.statuses import Action

# The actions that a user may ask for many analyses at once.
BULK_ACTIONS = (
    Action.STOP_SAVE,
    Action.STOP_DELETE,
    Action.PAUSE,
    Action.RESUME,
    Action.SUBMIT,
    Action.RUN_AGAIN,
    Action.DELETE,
)


class BulkOutcome(models.TextChoices):
    """The outcome for one analysis; the label finishes the sentence “2 skipped (…)”."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FINISHED = "finished", _("already finished")
    REFUSED = "refused", _("not possible in their status")
    LIMITED = "limited", _("over a limit")
    NOT_PERMITTED = "not_permitted", _("not permitted")
    DELETED = "deleted", _("deleted meanwhile")
    BROKEN = "broken", _("an error on our side")

    @property
    def is_skipped(self) -> bool:
        """Whether nothing was done, and nothing will be."""
        return self not in (BulkOutcome.WAITING, BulkOutcome.DONE)


class BulkAction(models.Model):
    """An action on many analyses, and who asked for it. It is over when none of its items waits."""

    key = models.UUIDField(
        _("key"), unique=True, help_text=_("Made with the question, so that a second answer does nothing.")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    verb = models.CharField(
        _("action"), max_length=20, choices=[(action.value, action.label) for action in BULK_ACTIONS]
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    query = models.TextField(_("query of the list"), blank=True, help_text=_("If all rows of the list were chosen."))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("bulk action")
        verbose_name_plural = _("bulk actions")

    def __str__(self) -> str:
        return f"{self.get_verb_display()} ({self.created_at:%Y-%m-%d %H:%M} UTC)"

    def get_absolute_url(self) -> str:
        """The page that shows how far it got."""
        return reverse("scans:bulk-action", args=[self.pk])

    def outcomes(self) -> dict[BulkOutcome, int]:
        """Return the number of analyses per outcome, in the order above, without outcomes that none has."""
        counts = dict(self.items.order_by().values_list("outcome").annotate(Count("pk")))
        return {outcome: counts[outcome] for outcome in BulkOutcome if outcome in counts}


class BulkItem(models.Model):
    """One analysis of a bulk action."""

    bulk = models.ForeignKey(
        BulkAction, verbose_name=_("bulk action"), on_delete=models.CASCADE, related_name="items", db_index=False
    )
    analysis = models.ForeignKey(Analysis, verbose_name=_("analysis"), on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(_("outcome"), max_length=20, choices=BulkOutcome.choices, default=BulkOutcome.WAITING)
    reason = ReasonField(_("reason"), blank=True, help_text=_("Why it was skipped."))
    made = models.ForeignKey(
        Analysis,
        verbose_name=_("new run"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("item of a bulk action")
        verbose_name_plural = _("items of bulk actions")
        indexes = [
            models.Index(fields=["bulk", "outcome", "id"], name="bulk_item_by_outcome"),
            models.Index(fields=["bulk"], name="bulk_item_waiting", condition=models.Q(outcome="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}: {self.get_outcome_display()}"

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
    NOT_PERMITTED = "not_permitted", _("not permitted")
    DELETED = "deleted", _("deleted meanwhile")
    BROKEN = "broken", _("an error on our side")

    @property
    def is_skipped(self) -> bool:
        """Whether nothing was done, and nothing will be."""
        return self not in (BulkOutcome.WAITING, BulkOutcome.DONE)


class BulkAction(models.Model):
    """An action on many analyses, and who asked for it. It is over when none of its items waits."""

    key = models.UUIDField(unique=True, help_text="created with the question, so that a second answer does nothing")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=20, choices=[(action.value, action.label) for action in BULK_ACTIONS])
    reason = models.CharField(max_length=500, blank=True)
    query = models.TextField(blank=True, help_text="query string of the list, if all its rows were chosen")
    created_at = models.DateTimeField(auto_now_add=True)

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

    bulk = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="items", db_index=False)
    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="+")
    outcome = models.CharField(max_length=20, choices=BulkOutcome.choices, default=BulkOutcome.WAITING)
    reason = ReasonField(blank=True, help_text="why it was skipped")
    made = models.ForeignKey(
        Analysis,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="the new run that the action made, if any",
    )

    class Meta:
        indexes = [models.Index(fields=["bulk", "outcome", "id"], name="bulk_item_by_outcome")]

    def __str__(self) -> str:
        return f"{self.analysis}: {self.get_outcome_display()}"

"""The lead: of all schedulers that run, one leads, and the others stand by."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

LEAD_FOR = timedelta(seconds=6)  # without renewal; then another scheduler may take the lead


class LeadLost(Exception):
    """Another scheduler has taken the lead."""


class SchedulerLead(models.Model):
    """The single row that says which scheduler leads, and until when if it does not renew that.

    The database's clock writes and judges it, so clocks of hosts may differ.
    """

    holder = models.CharField(_("leading scheduler"), max_length=64, blank=True)
    since = models.DateTimeField(_("since"), null=True)
    until = models.DateTimeField(_("until"), null=True)

    class Meta:
        verbose_name = _("lead of a scheduler")
        verbose_name_plural = _("lead of a scheduler")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="scheduler_lead_one_row")]

    def __str__(self) -> str:
        return self.holder

    @classmethod
    def take(cls, name: str) -> bool:
        """Take the lead. Returns False while another scheduler has it."""
        if cls.leader():
            return False  # a look that waits for nobody
        free = cls.objects.filter(Q(holder="") | Q(until__lt=Now()), pk=1)
        with transaction.atomic():
            if not free.select_for_update(skip_locked=True).exists():
                return False  # another takes it, or the one that leads still writes
            return bool(free.update(holder=name, since=Now(), until=Now() + LEAD_FOR))

    @classmethod
    def hold(cls, name: str) -> None:
        """Renew the lead, and in a transaction keep others from taking it until that ends. Raises LeadLost.

        So a scheduler that was frozen or cut off while another took the lead writes nothing after that.
        """
        if not cls.objects.filter(pk=1, holder=name).update(until=Now() + LEAD_FOR):
            raise LeadLost(f"{name} does not lead any more.")

    @classmethod
    def give_back(cls, name: str) -> None:
        """Let another scheduler take the lead at once."""
        cls.objects.filter(pk=1, holder=name).update(holder="", since=None, until=None)

    @classmethod
    def leader(cls) -> str:
        """The name of the scheduler that leads, as its SystemPart has it; empty if none does."""
        return cls.objects.filter(until__gte=Now()).values_list("holder", flat=True).first() or ""

"""The recurring schedule of a series: the run to repeat, the next start, and whether it is switched off."""

from datetime import datetime
from itertools import islice

from django.db import models
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scans.database import clock
from scans.models.analysis import Analysis, Series
from scans.models.blackout_window import BlackoutWindow, with_own
from scans.reasons import ReasonField
from scans.schedule.blackouts import Blackouts
from scans.schedule.recurrence import Recurrence, describe, next_start


class RecurringScheduleQuerySet(models.QuerySet):
    """Questions about recurring schedules."""

    def switched_on(self):
        """Schedules that will make another run."""
        return self.filter(next_at__isnull=False, switched_off_at=None)

    def with_last_run(self):
        """Schedules whose series still has a run, each with `last_run`: the id of the newest."""
        runs = Analysis.objects.present().filter(series=OuterRef("series")).order_by("-run")
        return self.annotate(last_run=Subquery(runs.values("pk")[:1])).filter(last_run__isnull=False)

    def starting_until(self, moment):
        """Schedules that will make a run by then, the next one first."""
        return self.switched_on().filter(next_at__lte=moment).order_by("next_at")

    def switched_off_since(self, moment):
        """Schedules that were switched off after this moment, the latest first."""
        return self.filter(switched_off_at__gte=moment).order_by("-switched_off_at")

    def due(self, now):
        """Schedules whose next start has come."""
        return self.switched_on().with_last_run().filter(next_at__lte=now)


class RecurringSchedule(models.Model):
    """The schedule of one series, written by `transitions`. The rule itself is stored in the template run."""

    series = models.OneToOneField(Series, verbose_name=_("series"), on_delete=models.CASCADE, related_name="schedule")
    template = models.ForeignKey(
        Analysis,
        verbose_name=_("repeated run"),
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("The run whose configuration is repeated."),
    )
    first_at = models.DateTimeField(_("first start"), help_text=_("The rule counts from here."))
    next_at = models.DateTimeField(_("next start"), null=True, help_text=_("Empty: never again."))
    runs_made = models.PositiveIntegerField(_("runs so far"), default=1)
    switched_off_at = models.DateTimeField(_("switched off at"), null=True)
    switched_on_at = models.DateTimeField(_("switched on again at"), null=True)
    switched_off_reason = ReasonField(_("reason for switching it off"), blank=True)

    objects = RecurringScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("recurring schedule")
        verbose_name_plural = _("recurring schedules")
        indexes = [
            models.Index(fields=["next_at"], name="schedule_due", condition=models.Q(next_at__isnull=False)),
            models.Index(
                fields=["switched_off_at"],
                name="schedule_off",
                condition=models.Q(switched_off_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series}: {self.description}"

    def get_absolute_url(self) -> str:
        """The page of the newest run; needs `with_last_run`, because the template may be deleted."""
        return reverse("scans:analysis-detail", args=[self.last_run])

    @property
    def rule(self) -> Recurrence:
        """How it repeats."""
        return Recurrence.from_json(self.template.recurrence)

    @property
    def description(self) -> str:
        """The rule in words."""
        return describe(self.rule, self.first_at, self.template.zone)

    def start_after(self, moment: datetime, made: int | None = None) -> datetime | None:
        """The next start after `moment`, as if `made` runs existed; None when it has ended."""
        made = self.runs_made if made is None else made
        return next_start(self.rule, self.first_at, self.template.zone, moment, made)

    def next_starts(self, count: int, for_all: Blackouts | None = None) -> list[datetime]:
        """The next starts, at most `count`, with blackout windows applied; `for_all` saves reading the common ones."""
        blackouts = with_own(BlackoutWindow.for_all() if for_all is None else for_all, self.template)
        return [blackouts.next_open(start) for start in islice(self._starts(), count)]

    def _starts(self):
        start, made = self.next_at, self.runs_made
        while start and not self.switched_off_at:
            yield start
            made += 1
            start = self.start_after(max(start, clock.now()), made)

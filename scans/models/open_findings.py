"""The number of open findings day by day, for the trend on the home page."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scans.models.analysis import Analysis, Series
from scans.models.finding import Finding
from scans.models.triage_mark import Mark, TriageMark
from scans.severities import SEVERITIES

CLOSED_MARKS = (Mark.FALSE_POSITIVE, Mark.ACCEPTED, Mark.FIXED)
COUNTED_AT_ONCE = 1000  # series in one step
COUNTED_EVERY = timedelta(minutes=15)
COUNTED_SOON = timedelta(seconds=20)  # after a change, where one step counts everything


class OpenFindings(models.Model):
    """The last count of one day (UTC), or a count in progress, which takes several steps.

    A weakness, at however many places, is open if the last published run of its series has it and nobody marked it as
    false positive, accepted or fixed.
    """

    day = models.DateField(_("day"))
    complete = models.BooleanField(_("complete"), default=False)
    counted_to = models.BigIntegerField(_("counted up to"), default=0, help_text=_("The last series that was counted."))
    at = models.DateTimeField(_("time"), help_text=_("When the count began; once it is complete, when it ended."))
    critical = models.PositiveIntegerField(_("critical"), default=0)
    high = models.PositiveIntegerField(_("high"), default=0)
    medium = models.PositiveIntegerField(_("medium"), default=0)
    low = models.PositiveIntegerField(_("low"), default=0)
    info = models.PositiveIntegerField(_("info"), default=0)

    class Meta:
        verbose_name = _("count of open findings")
        verbose_name_plural = _("open findings")
        constraints = [models.UniqueConstraint(fields=["complete", "day"], name="open_findings_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.total}"

    @property
    def total(self) -> int:
        """The number of all severities together."""
        return sum(getattr(self, name) for name in SEVERITIES)

    @classmethod
    def kept(cls):
        """The completed counts in order of days."""
        return cls.objects.filter(complete=True).order_by("day")

    @classmethod
    def is_due(cls) -> bool:
        """Whether `count` has something to do."""
        last = cls.kept().last()
        return last is None or last._is_old(timezone.now()) or cls.objects.filter(complete=False).exists()

    @classmethod
    def count(cls) -> None:
        """Continue the count in progress, or begin one if the last is old. The scheduler calls it at each tick.

        One step counts a thousand series, so it takes the same time however many series there are. A whole count of a
        million series takes 17 minutes. Each day is counted many times; its last count stays.
        """
        now = timezone.now()
        draft = cls.objects.filter(complete=False).first()
        if draft is None:
            last = cls.kept().last()
            if last and not last._is_old(now):
                return
            draft = cls.objects.create(day=now.date(), at=now)
        draft._count_next(now)

    def _is_old(self, now: datetime) -> bool:
        """Whether to count again: after a quarter of an hour; sooner if something changed and few series are there."""
        age = now - self.at
        if not COUNTED_SOON <= age < COUNTED_EVERY:
            return age >= COUNTED_EVERY
        changed = Analysis.objects.filter(changed_at__gt=self.at).exists()
        return changed and not Series.objects.order_by("pk")[COUNTED_AT_ONCE:].exists()

    def _count_next(self, now: datetime) -> None:
        series = list(
            Series.objects.filter(pk__gt=self.counted_to).order_by("pk").values_list("pk", flat=True)[:COUNTED_AT_ONCE]
        )
        found = _open_in(series)
        values = {name: getattr(self, name) + found[name] for name in SEVERITIES}
        with transaction.atomic():
            if len(series) < COUNTED_AT_ONCE:
                type(self).objects.filter(day=self.day, complete=True).delete()
                values |= {"complete": True, "at": now}
            # If another scheduler was faster, this changes nothing.
            here = type(self).objects.filter(pk=self.pk, complete=False, counted_to=self.counted_to)
            here.update(counted_to=series[-1] if series else self.counted_to, **values)


def _open_in(series: list[int]) -> dict[str, int]:
    runs = list(Analysis.objects.last_with_results().filter(series__in=series).values_list("pk", flat=True))
    closed = TriageMark.objects.filter(
        series=models.OuterRef("url_scan__analysis__series"),
        fingerprint=models.OuterRef("fingerprint"),
        mark__in=CLOSED_MARKS,
    )
    found = Finding.objects.filter(~models.Exists(closed), url_scan__analysis__in=runs)
    return found.count_by_severity("url_scan__analysis")

"""How many findings are open, day by day: what the trend on the home page is drawn from."""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from scans.models.analysis import Analysis, Series
from scans.models.finding import Finding
from scans.models.triage_mark import Mark, TriageMark
from scans.severities import SEVERITIES

CLOSED_MARKS = (Mark.FALSE_POSITIVE, Mark.ACCEPTED, Mark.FIXED)
COUNTED_AT_ONCE = 1000  # series in one step
COUNTED_EVERY = timedelta(minutes=15)


class OpenFindings(models.Model):
    """The count of one day (UTC), the last one of that day; or one that is being made, a part of the series at a time.

    Open is what the last published run of a series found and nobody marked as false positive, accepted or fixed.
    """

    day = models.DateField()
    complete = models.BooleanField(default=False)
    counted_to = models.BigIntegerField(default=0, help_text="the last series that it counts")
    at = models.DateTimeField(help_text="when it was begun; once it is complete: ended")
    critical = models.PositiveIntegerField(default=0)
    high = models.PositiveIntegerField(default=0)
    medium = models.PositiveIntegerField(default=0)
    low = models.PositiveIntegerField(default=0)
    info = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "open findings"
        constraints = [models.UniqueConstraint(fields=["complete", "day"], name="open_findings_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.total}"

    @property
    def total(self) -> int:
        """How many of any severity."""
        return sum(getattr(self, name) for name in SEVERITIES)

    @classmethod
    def kept(cls):
        """The days that were counted, in order."""
        return cls.objects.filter(complete=True).order_by("day")

    @classmethod
    def count(cls) -> None:
        """Go on counting, or begin again where the last count has become old; called at each tick.

        One step costs the same however many series there are: the findings of the last runs of so many series. A whole
        count takes a tick for each thousand series, 17 minutes for a million, and a day is counted again and again.
        """
        now = timezone.now()
        draft = cls.objects.filter(complete=False).first()
        if draft is None:
            last = cls.kept().last()
            if last and now - last.at < COUNTED_EVERY:
                return
            draft = cls.objects.create(day=now.date(), at=now)
        draft._go_on(now)

    def _go_on(self, now: datetime) -> None:
        series = list(
            Series.objects.filter(pk__gt=self.counted_to).order_by("pk").values_list("pk", flat=True)[:COUNTED_AT_ONCE]
        )
        found = _open_in(series)
        values = {name: getattr(self, name) + found[name] for name in SEVERITIES}
        with transaction.atomic():
            if len(series) < COUNTED_AT_ONCE:
                type(self).objects.filter(day=self.day, complete=True).delete()
                values |= {"complete": True, "at": now}
            # Where another scheduler was faster, this step is its.
            here = type(self).objects.filter(pk=self.pk, complete=False, counted_to=self.counted_to)
            here.update(counted_to=series[-1] if series else self.counted_to, **values)


def _open_in(series: list[int]) -> dict[str, int]:
    runs = list(Analysis.objects.last_with_results().filter(series__in=series).values_list("pk", flat=True))
    closed = TriageMark.objects.filter(
        series=models.OuterRef("url_scan__analysis__series"),
        fingerprint=models.OuterRef("fingerprint"),
        mark__in=CLOSED_MARKS,
    )
    return Finding.objects.filter(~models.Exists(closed), url_scan__analysis__in=runs).count_by_severity()

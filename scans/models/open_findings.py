"""Open weaknesses: the one rule by which every page counts, and their number day by day for the trend at home.

A weakness is one, at however many places it was found. It is open unless a reviewer marked it as false positive,
accepted or fixed: then it is dismissed. Headlines count open weaknesses; dismissed ones stand beside them.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from scans.database import clock
from scans.database.look import Moment
from scans.models.analysis import Analysis, Series
from scans.models.finding import Finding
from scans.models.querysets import SEVERITY_RANK, FindingQuerySet
from scans.models.scan_settings import ScanSettings
from scans.models.triage_mark import TriageMark
from scans.models.url_scan import UrlScan
from scans.severities import DISMISSED, DISMISSING_MARKS, SEVERITIES

COUNTED_AT_ONCE = 1000  # series in one step
COUNTED_EVERY = timedelta(minutes=15)
COUNTED_SOON = timedelta(seconds=20)  # after a change, where one step counts everything


def _is_dismissed() -> models.Exists:
    marks = TriageMark.objects.filter(mark__in=DISMISSING_MARKS, fingerprint=models.OuterRef("fingerprint"))
    return models.Exists(marks.filter(series=models.OuterRef("url_scan__analysis__series")))


def dismissed(findings: FindingQuerySet) -> FindingQuerySet:
    """Return the findings whose weakness is dismissed."""
    return findings.filter(_is_dismissed())


def still_open(findings: FindingQuerySet) -> FindingQuerySet:
    """Return the findings whose weakness is open: one row for each place."""
    return findings.filter(~_is_dismissed())


def count_open(findings: FindingQuerySet, *within: str) -> dict[str, int]:
    """The number of open weaknesses by their worst severity, with zeros, and how many are `dismissed`; one query.

    Counted `within` each of these columns. For a whole run, `Analysis.count_findings` knows the answer without a query.
    """
    rank = models.PositiveSmallIntegerField()
    worst = models.Case(models.When(_is_dismissed(), then=len(SEVERITIES)), default=SEVERITY_RANK, output_field=rank)
    weaknesses = findings.order_by().values(*within, "fingerprint").annotate(worst=models.Min(worst))
    counts = {
        name: models.Count("fingerprint", filter=models.Q(worst=rank))
        for rank, name in enumerate((*SEVERITIES, DISMISSED))
    }
    return weaknesses.aggregate(**counts)


def count_open_of_scans(scans: Iterable[UrlScan]) -> None:
    """Give each of these URL scans `open_counts`: as `count_open` of its findings. At most one query for all."""
    scans = list(scans)
    found = dismissed(
        Finding.objects.filter(url_scan__in=[scan.pk for scan in scans if scan.findings_total])
    ).order_by()
    weaknesses = found.values("url_scan", "fingerprint").annotate(worst=models.Min(SEVERITY_RANK))
    away = {scan.pk: Counter() for scan in scans}
    for pk, worst in weaknesses.values_list("url_scan", "worst"):
        away[pk][SEVERITIES[worst]] += 1
    for scan in scans:
        counts = {name: getattr(scan, f"findings_{name}") - away[scan.pk][name] for name in SEVERITIES}
        scan.open_counts = {**counts, DISMISSED: away[scan.pk].total()}


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
    def may_be_due(cls) -> list[models.QuerySet]:
        """Questions to ask in one look: without a row for any of them, `count` has nothing to do."""
        since = {age: cls.objects.filter(complete=True, at__gt=Moment(age)) for age in (COUNTED_SOON, COUNTED_EVERY)}
        changed = Analysis.objects.filter(changed_at__gt=models.Subquery(cls.kept().reverse().values("at")[:1]))
        return [
            cls.objects.filter(complete=False),
            ScanSettings.objects.exclude(models.Exists(since[COUNTED_EVERY])),
            changed.exclude(models.Exists(since[COUNTED_SOON])),
        ]

    @classmethod
    def is_due(cls) -> bool:
        """Whether `count` has something to do."""
        last = cls.kept().last()
        return last is None or last._is_old(clock.now()) or cls.objects.filter(complete=False).exists()

    @classmethod
    def count(cls) -> None:
        """Continue the count in progress, or begin one if the last is old. The scheduler calls it at each tick.

        One step counts a thousand series, so it takes the same time however many series there are. A whole count of a
        million series takes 17 minutes. Each day is counted many times; its last count stays.
        """
        now = clock.now()
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
    return count_open(Finding.objects.filter(url_scan__analysis__in=runs), "url_scan__analysis")

"""Every question to the database, by name. Nothing here writes."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import reduce
from itertools import islice
from operator import or_

from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Now, RowNumber

from scans.severities import SEVERITIES
from scans.statuses import (
    ANALYSIS_STATUSES,
    PAUSABLE,
    PUBLISHED_AS,
    URL_SCAN_STATUSES,
    WAITING_FOR_A_WORKER,
    WAITING_FOR_CAPACITY,
    AnalysisStatus,
    Phase,
    Results,
    UrlScanStatus,
    in_phase,
)

# The outcomes of a replay: the first of these says most about a weakness.
_REPLAY_RANK = models.Case(
    models.When(replay="confirmed", then=0),
    models.When(replay="not_reproduced", then=1),
    models.When(replay="not_replayable", then=2),
    default=3,
    output_field=models.PositiveSmallIntegerField(),
)
SEVERITY_RANK = models.Case(
    *[models.When(severity=severity, then=rank) for rank, severity in enumerate(SEVERITIES)],
    output_field=models.PositiveSmallIntegerField(),
)

_PLACE_ORDER = [SEVERITY_RANK, _REPLAY_RANK, "url", "pk"]


def sees_everything(user) -> bool:
    """Whether the user sees results under verification too; None is the command line."""
    return user is None or user.has_perm("scans.review_analysis")


def _owned_by(owners: Iterable[int | None]) -> Q:
    """A condition on analyses: one of these people owns it; None stands for nobody."""
    owners = set(owners)
    nobody = Q(owner=None) if None in owners else Q(pk__in=[])
    return Q(owner__in=owners - {None}) | nobody


def _fewest_first(numbers: Mapping[Hashable, int]) -> list[list]:
    """The keys of equal numbers together, those of the smallest number first."""
    return [[key for key, number in numbers.items() if number == least] for least in sorted(set(numbers.values()))]


def results_visible(user, path: str = "") -> Q:
    """A condition on URL scans, reached by `path`: this user may see their results (see FindingQuerySet.visible_to)."""
    if sees_everything(user):
        return Q(**{f"{path}pk__isnull": False})
    return Q(**{f"{path}status__in": list(PUBLISHED_AS.values())}) | Q(
        **{f"{path}analysis__status": AnalysisStatus.STOPPED_VERIFYING_RESULTS}
    )


PRESENT = Q(deleted_at__isnull=True)
EVIDENCE_KEPT = Q(evidence_expired_at__isnull=True)
SCREENSHOTS_KEPT = Q(screenshots_expired_at__isnull=True)
# A run that changes after its log expired has new entries, which expire later.
LOG_KEPT = Q(log_expired_at__isnull=True) | Q(log_expired_at__lt=F("changed_at"))
_WAITS = {"status__in": WAITING_FOR_CAPACITY, "slot_since": None, "lease_holder": "", "unserved_since": None}
Slots = Mapping[tuple[int, int | None], int]  # how many an analysis holds, by its id and that of its owner
_WITH_RESULTS = [code for code, status in ANALYSIS_STATUSES.items() if status.results == Results.AVAILABLE]


class AnalysisQuerySet(models.QuerySet):
    """Questions about analyses."""

    def present(self):
        """Analyses that are not deleted."""
        return self.filter(PRESENT)

    def with_results(self):
        """Analyses with published results."""
        return self.present().filter(status__in=_WITH_RESULTS)

    def last_with_results(self):
        """The last run with published results of each series."""
        later = self.model.objects.with_results().filter(series=OuterRef("series"), run__gt=OuterRef("run"))
        return self.with_results().filter(~Exists(later))

    def latest_runs(self):
        """Analyses without a later run in their series."""
        later = self.model.objects.present().filter(series=OuterRef("series"), run__gt=OuterRef("run"))
        return self.filter(~Exists(later))

    def due(self, now):
        """Analyses with scheduled URL scans whose start time has come."""
        has_come = Q(start_at__lte=now) | Q(start_at__isnull=True)
        scheduled = self.model.objects.filter(url_scans__status=UrlScanStatus.SCHEDULED)
        return self.filter(has_come, pk__in=scheduled.values("pk"))

    def scheduled_until(self, now):
        """Scheduled analyses whose start time has come: all that are due, but for those of which a part has started."""
        has_come = Q(start_at__lte=now) | Q(start_at__isnull=True)
        return self.filter(PRESENT, has_come, status=AnalysisStatus.SCHEDULED, started_at=None).order_by("start_at")

    def with_waiting_out_of_time(self, now):
        """Analyses whose duration has ended, although some of their URL scans wait or are paused."""
        open_ones = in_phase(ANALYSIS_STATUSES, Phase.WAITING, Phase.ACTIVE)
        waiting = self.model.objects.filter(
            pk=OuterRef("pk"), url_scans__status__in=WAITING_FOR_A_WORKER, url_scans__lease_holder=""
        )
        over = self.filter(status__in=open_ones, ended_at=None, expires_at__lt=now, blackout_since=None)
        return over.filter(Exists(waiting))

    def pausable(self):
        """Analyses with a URL scan that runs, or that would run as soon as there is a worker."""
        return self.filter(pk__in=self.model.objects.filter(url_scans__status__in=PAUSABLE).values("pk"))

    def waiting_for_review(self):
        """Analyses whose results a reviewer has to publish."""
        return self.filter(status__in=in_phase(ANALYSIS_STATUSES, Phase.REVIEW), publication="reviewer")

    def waiting_for_capacity(self):
        """Analyses with a URL scan that waits for a capacity slot, the longest waiting first."""
        return self.filter(waiting_since__isnull=False).order_by("waiting_since", "pk")

    def wrongly_waiting(self) -> list[int]:
        """The ids of analyses whose `waiting_since` is wrong: a process of an older version does not write it."""
        waiting = self.model.objects.filter(**{f"url_scans__{name}": value for name, value in _WAITS.items()})
        unknown = self.filter(waiting_since=None, pk__in=waiting.values("pk"))
        over = self.waiting_for_capacity().exclude(pk__in=waiting.values("pk"))
        return [pk for some in (unknown, over) for pk in some.values_list("pk", flat=True)]

    def fairest_waiting(self, slots: Slots) -> int | None:
        """The id of the analysis that gets the next slot, given those that are taken; None if none waits.

        It is one of the owner who holds the fewest, there one of those that hold the fewest, and there the longest
        waiting. What nobody owns has one owner: the command line.
        """
        of_owner = Counter()
        for (_, owner), number in slots.items():
            of_owner[owner] += number
        waiting = self.waiting_for_capacity().values_list("pk", flat=True)
        if found := waiting.exclude(_owned_by(of_owner)).first():
            return found  # its owner holds none, so neither does it
        for owners in _fewest_first(of_owner):
            theirs = waiting.filter(_owned_by(owners))
            held = {analysis: number for (analysis, owner), number in slots.items() if owner in owners}
            if (longest := theirs.first()) is None:
                continue
            if longest not in held:
                return longest
            choices = (theirs.exclude(pk__in=held), *(theirs.filter(pk__in=tied) for tied in _fewest_first(held)))
            return next(found for choice in choices if (found := choice.first()))
        return None

    def in_blackout(self):
        """Analyses that a blackout window has paused."""
        return self.filter(blackout_since__isnull=False)

    def ended_before(self, moment):
        """Analyses that ended before then and are not deleted, the oldest first."""
        return self.present().filter(ended_at__lt=moment).order_by("ended_at", "pk")

    def left_alone_since(self, moment):
        """Ended analyses, deleted ones too, that have not changed since then, the oldest first."""
        return self.filter(ended_at__isnull=False, changed_at__lt=moment).order_by("changed_at", "pk")

    def needed_by_no_other(self):
        """Analyses that no schedule repeats and no unfinished run continues."""
        unfinished = self.model.objects.filter(continues=OuterRef("pk"), ended_at__isnull=True)
        return self.exclude(series__schedule__template=F("pk")).filter(~Exists(unfinished))

    def open_of(self, owner: int | None):
        """An owner's analyses that have not ended, those saved for later included; None: those that nobody owns."""
        return self.present().filter(owner=owner, ended_at__isnull=True)

    def count_by_status(self) -> dict[str, int]:
        """The number of analyses of each status, without zeros."""
        return dict(self.order_by().values_list("status").annotate(Count("pk")))


class UrlScanQuerySet(models.QuerySet):
    """Questions about URL scans."""

    def holding_slot(self):
        """URL scans that count against capacity."""
        return self.filter(slot_since__isnull=False)

    def running(self):
        """URL scans whose engine runs or is being stopped."""
        return self.holding_slot().exclude(status__in=[UrlScanStatus.QUEUED, UrlScanStatus.RESUMING])

    def waiting_for_capacity(self):
        """URL scans that wait for a capacity slot and could use one, the longest waiting first."""
        waiting = self.filter(**_WAITS)
        return waiting.order_by("queued_at", "position")

    def waiting_for_their_zone(self):
        """URL scans whose zone has no worker, those that still hold a slot among them."""
        return self.filter(unserved_since__isnull=False)

    def holding_slot_in_queue(self):
        """URL scans that hold a slot and wait for a worker."""
        in_queue = [UrlScanStatus.QUEUED, UrlScanStatus.RESUMING]
        return self.holding_slot().filter(status__in=in_queue, lease_holder="")

    def waiting_since(self) -> dict[int, datetime]:
        """For each analysis with URL scans that wait for a slot, since when the longest waiting one has waited."""
        waiting = self.waiting_for_capacity().order_by().values_list("analysis_id")
        return dict(waiting.annotate(since=Min(Coalesce("queued_at", "status_at"))))

    def slots(self) -> Slots:
        """How many slots each analysis holds."""
        holding = self.holding_slot().order_by().values_list("analysis_id", "analysis__owner_id")
        return {(analysis, owner): number for analysis, owner, number in holding.annotate(number=Count("pk"))}

    def verifying(self):
        """URL scans whose results are being verified or wait for publication."""
        return self.filter(status__in=list(PUBLISHED_AS))

    def out_of_time(self, now):
        """URL scans without a worker that wait or are paused, although the duration of their analysis has ended."""
        return self.filter(
            status__in=WAITING_FOR_A_WORKER,
            lease_holder="",
            analysis__expires_at__lt=now,
            analysis__blackout_since=None,
        )

    def paused_too_long(self, now, limit):
        """URL scans that a user paused longer than `limit` ago."""
        return self.filter(status=UrlScanStatus.PAUSED, paused_by="user", status_at__lt=now - limit)

    def abandoned(self):
        """URL scans whose lease ran out, by the clock of the database, which wrote it too."""
        return self.filter(lease_until__lt=Now())

    def marking_visible_results(self, user):
        """Each with `results_visible`: whether this user may see what it found (see `visible_to`)."""
        return self.annotate(
            results_visible=models.ExpressionWrapper(results_visible(user), output_field=models.BooleanField())
        )

    def totals_by_analysis(self, user=None) -> dict[int, dict[str, int]]:
        """Per analysis id: `urls`; those that `ended`, have a notice (`noticed`), or wait for their zone (`unserved`).

        For the active ones also `modules_done` of `modules_all`, which their engines reported.

        With a user, `hidden` is the number of URL scans whose results are under verification and hidden from the user.
        """
        ended = Q(status__in=in_phase(URL_SCAN_STATUSES, Phase.FINAL, Phase.REVIEW))
        under_way = Q(status__in=in_phase(URL_SCAN_STATUSES, Phase.ACTIVE))
        visible = results_visible(user)
        rows = (
            self.order_by()
            .values("analysis_id")
            .annotate(
                urls=Count("pk"),
                ended=Count("pk", filter=ended),
                noticed=Count("notices"),
                unserved=Count("unserved_since"),
                hidden=Count("pk", filter=Q(status__in=list(PUBLISHED_AS)) & ~visible),
                modules_done=Coalesce(Sum("modules_done", filter=under_way), 0),
                modules_all=Coalesce(Sum("modules_total", filter=under_way), 0),
            )
        )
        return {row.pop("analysis_id"): row for row in rows}


class FindingQuerySet(models.QuerySet):
    """Questions about findings."""

    def worst_first(self):
        """Ordered by severity, then by place. Each finding is a place of a weakness, which its fingerprint names."""
        return self.order_by(SEVERITY_RANK, "category", "url", "parameter", "pk")

    def grouped_by(self, column: str):
        """Grouped by `column`, the worst group first."""
        ranked = self.annotate(group_rank=models.Window(models.Min(SEVERITY_RANK), partition_by=F(column)))
        return ranked.order_by("group_rank", column, SEVERITY_RANK, "url", "parameter", "pk")

    def found_by(self, words: str):
        """Findings whose category, URL, parameter or text contains `words`, ignoring case."""
        columns = ("category", "url", "parameter", "info")
        return self.filter(reduce(or_, (Q(**{f"{column}__icontains": words}) for column in columns)))

    def count_by_severity(self, *within: str) -> dict[str, int]:
        """The number of weaknesses by their worst severity, worst first, with zeros; counted `within` each of these."""
        weaknesses = self.order_by().values(*within, "fingerprint").annotate(worst=Min(SEVERITY_RANK))
        return weaknesses.aggregate(
            **{severity: Count("fingerprint", filter=Q(worst=rank)) for rank, severity in enumerate(SEVERITIES)}
        )

    def first_of_each_category(self) -> list:
        """The first finding of each category, by name, with `worst`: the worst severity in the category."""
        groups = self.order_by().values("category").annotate(first=Min("pk"), worst=Min(SEVERITY_RANK))
        worst = dict(groups.values_list("first", "worst"))
        firsts = list(self.model.objects.defer(None).filter(pk__in=worst).order_by("category"))
        for finding in firsts:
            finding.worst = SEVERITIES[worst[finding.pk]]
        return firsts

    def first_of_each_weakness(self):
        """One finding of each weakness: the worst, and of these the one whose replay shows most."""
        place = models.Window(RowNumber(), partition_by=F("fingerprint"), order_by=_PLACE_ORDER)
        return self.annotate(place=place).filter(place=1)

    def by_weakness(self) -> Iterator[list]:
        """Yield the findings of each weakness, the first one first, worst weakness first; reads a few at a time."""
        firsts = self.first_of_each_weakness().worst_first().values_list("fingerprint", flat=True)
        fingerprints = firsts.iterator(chunk_size=1000)
        while some := list(islice(fingerprints, 50)):
            places = {fingerprint: [] for fingerprint in some}
            for finding in self.filter(fingerprint__in=some).order_by(*_PLACE_ORDER):
                places[finding.fingerprint].append(finding)
            yield from places.values()

    def count_places(self, weaknesses: Iterable) -> None:
        """Give each of these findings `places`: how many of my findings are the same weakness."""
        weaknesses = list(weaknesses)
        alike = self.order_by().filter(fingerprint__in=[finding.fingerprint for finding in weaknesses])
        counts = dict(alike.values_list("fingerprint").annotate(Count("pk")))
        for finding in weaknesses:
            finding.places = counts.get(finding.fingerprint, 0)

    def changes_since(self, before) -> dict[str, int]:
        """The number of weaknesses that are `new`, `still` there or `gone` since the findings of an earlier run."""
        here, there = self.values("fingerprint"), before.values("fingerprint")

        def distinct(findings) -> int:
            return findings.order_by().values("fingerprint").distinct().count()

        return {
            "new": distinct(self.exclude(fingerprint__in=there)),
            "still": distinct(self.filter(fingerprint__in=there)),
            "gone": distinct(before.exclude(fingerprint__in=here)),
        }

    def marked(self, marks):
        """Each finding with its `mark` out of the series' marks: the decision of a reviewer."""
        decided = marks.filter(fingerprint=OuterRef("fingerprint")).values("mark")
        return self.annotate(mark=Coalesce(Subquery(decided), models.Value("unreviewed")))

    def compared_with(self, before):
        """Each finding with `is_new`: no finding in `before` is the same weakness."""
        return self.annotate(is_new=~Exists(before.filter(fingerprint=OuterRef("fingerprint"))))

    def waiting_for_verification(self):
        """Findings that somebody asked to verify again."""
        return self.filter(verify_asked_at__isnull=False)

    def visible_to(self, user):
        """Findings that this user may see: published ones, and for reviewers also those under verification.

        In the status Stopped - Verifying Results everybody sees the results, which are complete.
        """
        return self.filter(results_visible(user, "url_scan__"))


class CrawledUrlQuerySet(models.QuerySet):
    """Questions about the addresses that a scan came across."""

    def known(self, identities: Iterable[str]) -> set[str]:
        """The identities among these that are already stored."""
        return set(self.filter(identity__in=list(identities)).values_list("identity", flat=True))

    def count_by_reach(self) -> dict[str, int]:
        """The number of addresses of each reach, without zeros."""
        return dict(self.order_by().values_list("reach").annotate(Count("pk")))

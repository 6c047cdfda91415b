"""The form of a violation, and the rows that the invariants of analyses look at."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F, Max, Model, Q, QuerySet
from django.db.models.functions import Now

from scans.models import ActivityLogEntry, Analysis, Finding, ScanSettings, UrlScan
from scans.severities import SEVERITIES

# Unfinished sample data has a lease without an end that belongs to no worker.
NO_WORKER = "sample-data"
CLOCKS_DIFFER = timedelta(seconds=5)  # at most, between the hosts: each writes its own time
RECOVERED_WITHIN = timedelta(minutes=1)  # after a lease ran out or a task ended, a scheduler has seen it

RECOUNT = "Run manage.py recount, which repairs it."
REPORT = "Nothing repairs this by itself: report it with the activity log of the analysis."
START_SCHEDULER = "Look whether manage.py run_scheduler runs, and in its log."
CHECK_CLOCKS = "Compare the clocks of the hosts, and let them be set by NTP."

_OF_ANALYSIS = (
    *("pk", "name", "status", "stop_mode", "version", "urls", "findings_all", "findings_shown", "run_time"),
    *("dismissed_all", "dismissed_shown"),
    *("created_at", "submitted_at", "prescan_started_at", "prescan_ended_at", "started_at", "ended_at", "expires_at"),
    *("blackout_since", "deleted_at", "log_expired_at", "removal_asked_at"),
)
_OF_SCAN = (
    *("pk", "analysis_id", "url", "status", "status_at", "queued_at", "started_at", "ended_at", "verified_at"),
    *("slot_since", "lease_holder", "lease_until", *(f"findings_{severity}" for severity in SEVERITIES)),
)


@dataclass(frozen=True)
class Violation:
    """One row that is not as it should be. str() is the sentence for a person."""

    row: str  # such as “URL scan 7 of analysis 3”
    kept: str  # a part of a sentence: what the row says
    should: str  # the rest of the sentence: what it should say, or why that cannot be
    action: str  # what to do
    analysis: int | None = None
    is_warning: bool = False
    invariant: str = ""

    def __str__(self) -> str:
        return f"{self.row}: {self.kept}, but {self.should}. {self.action}"


def of_analysis(analysis: Any, kept: str, should: str, action: str = REPORT, *, is_warning: bool = False) -> Violation:
    """Return a violation of an analysis."""
    return Violation(f"Analysis {analysis.pk}", kept, should, action, analysis.pk, is_warning)


def of_scan(scan: Any, kept: str, should: str, action: str = REPORT, *, is_warning: bool = False) -> Violation:
    """Return a violation of a URL scan."""
    row = f"URL scan {scan.pk} of analysis {scan.analysis_id}"
    return Violation(row, kept, should, action, scan.analysis_id, is_warning)


class Batch:
    """Some analyses with their URL scans: rows with the columns above, and questions about what belongs to them."""

    def __init__(self, ids: Sequence[int] | Collection[int]):
        analyses = Analysis.objects.filter(**self._within("pk", ids))
        self._ids = ids
        self.analyses = {row.pk: row for row in analyses.values_list(*_OF_ANALYSIS, named=True)}
        self.scans: dict[int, list[Any]] = defaultdict(list)
        for scan in self.of(UrlScan, "analysis_id").order_by("position").values_list(*_OF_SCAN, named=True):
            if scan.analysis_id in self.analyses:
                self.scans[scan.analysis_id].append(scan)

    @staticmethod
    def _within(path: str, ids: Sequence[int] | Collection[int]) -> dict:
        if isinstance(ids, range):
            return {f"{path}__gte": ids[0], f"{path}__lte": ids[-1]}
        return {f"{path}__in": list(ids)}

    def of(self, model: type[Model], path: str = "url_scan__analysis_id") -> QuerySet:
        """Return the rows of another model that belong to these analyses, which `path` leads to."""
        return model.objects.filter(**self._within(path, self._ids)).order_by()

    @cached_property
    def now(self) -> datetime:
        """The database's time."""
        return ScanSettings.objects.annotate(now=Now()).values_list("now", flat=True).get(pk=1)

    @property
    def all_scans(self) -> list[Any]:
        """The URL scans of all these analyses."""
        return [scan for scans in self.scans.values() for scan in scans]

    @cached_property
    def scan_by_pk(self) -> dict[int, Any]:
        """The URL scans of all these analyses, by id."""
        return {scan.pk: scan for scan in self.all_scans}

    @cached_property
    def found(self) -> Mapping[int, Mapping[str, int]]:
        """For each URL scan with findings, the number of its weaknesses by their worst severity, from their rows."""
        places = self.of(Finding).values_list("url_scan_id", "fingerprint", "severity").distinct()
        worst: dict[tuple[int, str], int] = {}
        for scan, fingerprint, severity in places.iterator():
            rank = SEVERITIES.index(severity)
            worst[scan, fingerprint] = min(rank, worst.get((scan, fingerprint), rank))
        counts: dict[int, Counter[str]] = defaultdict(Counter)
        for (scan, _), rank in worst.items():
            counts[scan][SEVERITIES[rank]] += 1
        return counts

    @property
    def log(self) -> QuerySet[ActivityLogEntry]:
        """The log of these analyses, without entries that the retention policy removes."""
        kept = Q(analysis__log_expired_at=None) | Q(at__gte=F("analysis__log_expired_at"))
        return self.of(ActivityLogEntry, "analysis_id").filter(kept)


def last_id() -> int:
    """Return the highest id of an analysis; 0 without any."""
    return Analysis.objects.aggregate(last=Max("pk"))["last"] or 0

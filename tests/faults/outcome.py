"""The account after a run: what was accepted, what became of it, and what our own faults cost it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from scans.models import ActivityLogEntry, Analysis, CrawledUrl, Finding, Screenshot, UrlScan
from scans.reasons import Reason
from scans.statuses import EndedBy
from scans.statuses import UrlScanStatus as U
from tests.faults.engine import FINDINGS
from tests.faults.watching import Watcher

_BY_PEOPLE = {EndedBy.ITSELF, EndedBy.USER}


@dataclass
class Outcome:
    """The figures of one run."""

    database: str
    seed: int
    seconds: float
    faults: dict[str, int]
    analyses: int
    scans: int
    findings: int
    entries: int
    samples: int
    violations: list[str]
    degraded: list[str]
    lost: list[str]
    disk_full: int  # scans that ended because the disk was full, as they say
    recoveries: list[float] = field(repr=False)
    restarts: int = 0
    skipped: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong, nothing was lost and no work suffered."""
        return not (self.violations or self.degraded or self.lost)

    @property
    def recovery(self) -> tuple[float, float]:
        """Median and worst seconds until a URL scan had a worker again."""
        return (median(self.recoveries), max(self.recoveries)) if self.recoveries else (0.0, 0.0)

    def as_json(self) -> dict:
        """All figures, for reports."""
        return asdict(self) | {"recovery_median": self.recovery[0], "recovery_worst": self.recovery[1]}


def account(accepted: dict[int, int], watcher: Watcher, locks: Path) -> dict:
    """Return what the database says after all is quiet, as arguments of Outcome."""
    scans = list(UrlScan.objects.select_related("analysis").order_by("pk"))
    full = [scan for scan in scans if _code(scan.reason) == "disk_full"]
    return {
        "analyses": Analysis.objects.count(),
        "scans": len(scans),
        "findings": Finding.objects.count(),
        "entries": ActivityLogEntry.objects.count(),
        "samples": watcher.samples,
        "violations": watcher.violations + watcher.errors + _twice(locks),
        "degraded": [f"{scan} of {scan.analysis}: {why}" for scan in scans if (why := _why_degraded(scan))],
        "lost": _lost(accepted) + _without_end(),
        "disk_full": len(full),
        "recoveries": [round(loss.seconds, 1) for loss in watcher.losses if loss.seconds is not None],
    }


def _twice(locks: Path) -> list[str]:
    """Return the URL scans that two engines scanned at the same time."""
    return [f"URL scan {path.stem} ran twice: {path.read_text()}" for path in sorted(locks.glob("*.twice"))]


def _code(reason: Reason) -> str:
    return reason.code if reason else ""


def _why_degraded(scan: UrlScan) -> str:
    """Return what a fault cost this URL scan; empty if nothing."""
    if scan.analysis.deleted_at:
        return ""
    info = scan.info
    if info.ended_by not in _BY_PEOPLE and info.ended_by != EndedBy.NOTHING and _code(scan.reason) != "disk_full":
        return f"{info.label}, {scan.reason}"
    findings = list(scan.findings.values_list("replay", "replay_reason"))
    for replay, reason in findings:
        if replay == "not_replayable":
            return f"a finding is not replayable: {reason}"
    if scan.status == U.COMPLETED_RESULTS_AVAILABLE and len(findings) != FINDINGS:
        return f"{len(findings)} findings are stored of {FINDINGS}"
    if scan.status == U.COMPLETED_RESULTS_AVAILABLE and not CrawledUrl.objects.filter(url_scan=scan).exists():
        return "no coverage is stored"
    return ""


def _lost(accepted: dict[int, int]) -> list[str]:
    """Return what was accepted and is not there."""
    there = Counter(UrlScan.objects.filter(analysis__in=accepted).values_list("analysis_id", flat=True))
    lost = [f"Analysis {pk}: {urls} URLs were accepted, {there[pk]} are there" for pk, urls in accepted.items()]
    gone = [told for (pk, urls), told in zip(accepted.items(), lost, strict=True) if there[pk] != urls]
    files = Screenshot.objects.filter(url_scan__analysis__deleted_at=None).iterator()
    return gone + [f"The file of {one} is gone" for one in files if not one.image.storage.exists(one.image.name)]


def _without_end() -> list[str]:
    """Return the analyses that did not come to an end."""
    left = Analysis.objects.present().filter(ended_at=None)
    return [f"{analysis} did not end: {analysis.info.label}" for analysis in left]

"""Findings under which a worker was lost: noted before each replay, so that no finding loses every worker.

The note stands in the row of the finding until it has an outcome. A finding with a note is replayed last, and once
MAX_WORKERS were lost under it, not at all.
"""

from collections.abc import Iterable

from scans import transitions
from scans.models import Finding, UrlScan
from scans.reasons import NO_REASON, Reason

MAX_WORKERS = 2  # the first of them may have been lost for another reason


def last(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in their order, but those with a note last."""
    return sorted(findings, key=lambda finding: finding.replay_attempts or 0)


def why_skipped(finding: Finding) -> Reason:
    """Return why this finding is not replayed; NO_REASON if it is."""
    lost = finding.replay_attempts or 0
    return Reason("replay_loses_workers", count=lost) if lost >= MAX_WORKERS else NO_REASON


def note(scan: UrlScan, finding: Finding) -> None:
    """Note that this finding is replayed now. Raises LeaseLost."""
    _write(scan, finding.pk, (finding.replay_attempts or 0) + 1)


def take_note_back(scan: UrlScan, finding: Finding) -> None:
    """Take the last note back, because others have their turn before this finding has an outcome. Raises LeaseLost."""
    _write(scan, finding.pk, finding.replay_attempts)


@transitions.by_holder
def _write(scan: UrlScan, finding: int, attempts: int | None) -> None:
    Finding.objects.filter(pk=finding, url_scan=scan).update(replay_attempts=attempts)

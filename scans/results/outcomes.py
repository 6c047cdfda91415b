"""The findings that are to be replayed, and storing what that shows: for the first time, or again."""

from collections.abc import Sequence

from django.db.models import QuerySet

from scans import transitions
from scans.database import clock
from scans.models import Finding, Replay, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.results.verdicts import Verdict

_AT_ONCE = 100  # findings in one transaction


class Outcomes:
    """The findings of a URL scan that are to be replayed, and storing what that shows."""

    def __init__(self, scan: UrlScan):
        self._scan = scan

    def todo(self) -> QuerySet[Finding]:
        """Return the findings that have no outcome yet."""
        return self._scan.findings.filter(replay=Replay.UNVERIFIED)

    def store(self, finding: Finding, verdict: Verdict) -> None:
        """Store the outcome of a finding's replay, and when it was looked at."""
        self.store_all([(finding, verdict)])

    def mark_rest(self, reason: Reason) -> None:
        """Store for all findings that are left why they were not looked at."""
        left = transitions.while_held(self._scan, lambda: list(self.todo()))
        self.store_all([(finding, Verdict(Replay.NOT_REPLAYABLE, reason, looked=False)) for finding in left])

    def store_all(self, verdicts: Sequence[tuple[Finding, Verdict]]) -> None:
        """Store outcomes, many in one transaction. Raises LeaseLost."""
        changes = [(finding.pk, self._columns(finding, verdict)) for finding, verdict in verdicts]
        for start in range(0, len(changes), _AT_ONCE):
            _write(self._scan, changes[start : start + _AT_ONCE])

    def _columns(self, finding: Finding, verdict: Verdict) -> dict:
        """Return what to write of a finding."""
        at = clock.now() if verdict.looked else None
        return {"replay": verdict.replay, "replay_reason": verdict.reason, "replayed_at": at}


class OutcomesAgain(Outcomes):
    """The same for findings that have an outcome already. It stays if there was nothing to look at this time."""

    def __init__(self, scan: UrlScan):
        super().__init__(scan)
        self.counts = dict.fromkeys(["confirmed", "not_reproduced", "not_replayable", "not_looked_at"], 0)
        self.why_not_looked = NO_REASON

    def todo(self) -> QuerySet[Finding]:
        """Return the findings that somebody asked to verify again."""
        return self._scan.findings.waiting_for_verification()

    def store_all(self, verdicts: Sequence[tuple[Finding, Verdict]]) -> None:
        """Store the new outcomes, or keep old ones and add why they could not be checked; then count them."""
        super().store_all(verdicts)
        for _, verdict in verdicts:
            self.counts[str(verdict.replay) if verdict.looked else "not_looked_at"] += 1
            if not verdict.looked:
                self.why_not_looked = self.why_not_looked or verdict.reason

    def _columns(self, finding: Finding, verdict: Verdict) -> dict:
        if verdict.looked or finding.replay not in (Replay.CONFIRMED, Replay.NOT_REPRODUCED):
            return super()._columns(finding, verdict)
        then = finding.replay_reason
        then = then.facts["then"] if then.code == "verdict_kept" else then
        return {"replay_reason": Reason("verdict_kept", then=then, at=clock.now(), why=verdict.reason)}


@transitions.by_holder
def _write(scan: UrlScan, changes: Sequence[tuple[int, dict]]) -> None:
    for finding_id, columns in changes:
        scan.findings.filter(pk=finding_id).update(verify_asked_at=None, replay_attempts=None, **columns)

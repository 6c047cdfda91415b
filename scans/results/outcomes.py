"""The findings that are to be replayed, and storing what that shows: for the first time, or again."""

from django.db.models import QuerySet
from django.utils import timezone

from scans.models import Finding, Replay, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.results.verdicts import Verdict


class Outcomes:
    """The findings of a URL scan that are to be replayed, and storing what that shows."""

    def __init__(self, scan: UrlScan):
        self._scan = scan

    def todo(self) -> QuerySet[Finding]:
        """Return the findings that have no outcome yet."""
        return self._scan.findings.filter(replay=Replay.UNVERIFIED)

    def store(self, finding: Finding, verdict: Verdict) -> None:
        """Store the outcome of a finding's replay, and when it was looked at."""
        at = timezone.now() if verdict.looked else None
        self._write(finding, replay=verdict.replay, replay_reason=verdict.reason, replayed_at=at)

    def mark_rest(self, reason: Reason) -> None:
        """Store for all findings that are left why they were not looked at."""
        for finding in self.todo():
            self.store(finding, Verdict(Replay.NOT_REPLAYABLE, reason, looked=False))

    def _write(self, finding: Finding, **columns) -> None:
        Finding.objects.filter(pk=finding.pk).update(verify_asked_at=None, replay_attempts=None, **columns)


class OutcomesAgain(Outcomes):
    """The same for findings that have an outcome already. It stays if there was nothing to look at this time."""

    def __init__(self, scan: UrlScan):
        super().__init__(scan)
        self.counts = dict.fromkeys(["confirmed", "not_reproduced", "not_replayable", "not_looked_at"], 0)
        self.why_not_looked = NO_REASON

    def todo(self) -> QuerySet[Finding]:
        """Return the findings that somebody asked to verify again."""
        return self._scan.findings.waiting_for_verification()

    def store(self, finding: Finding, verdict: Verdict) -> None:
        """Store the new outcome, or keep the old one and add why it could not be checked."""
        self.counts[str(verdict.replay) if verdict.looked else "not_looked_at"] += 1
        if not verdict.looked:
            self.why_not_looked = self.why_not_looked or verdict.reason
        if verdict.looked or finding.replay not in (Replay.CONFIRMED, Replay.NOT_REPRODUCED):
            super().store(finding, verdict)
            return
        then = finding.replay_reason
        then = then.facts["then"] if then.code == "verdict_kept" else then
        self._write(finding, replay_reason=Reason("verdict_kept", then=then, at=timezone.now(), why=verdict.reason))

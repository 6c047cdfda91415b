"""A run beside an earlier run of its series: which weaknesses are new, still there, or not found any more."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from scans.models import Analysis, Finding, UrlScan
from scans.models.querysets import FindingQuerySet
from scans.statuses import AnalysisStatus

_COMPLETE = {
    AnalysisStatus.COMPLETED_VERIFYING_RESULTS,
    AnalysisStatus.STOPPED_VERIFYING_RESULTS,
    AnalysisStatus.COMPLETED_RESULTS_AVAILABLE,
}


@dataclass(frozen=True)
class Comparison:
    """Findings of two runs, told apart by fingerprint. `findings` are the later run's that may be looked at.

    A run that goes on from another, or that was given other URLs, looked at some of them only: of the
    earlier run just these URLs are compared. `complete` says whether the later run saw all of them to
    the end; if not, what it does not have may well be there still.
    """

    analysis: Analysis
    earlier: Analysis
    findings: FindingQuerySet
    user: AbstractBaseUser | None = None

    @classmethod
    def of(cls, analysis: Analysis, earlier: Analysis, user=None) -> Comparison:
        """What this user may see of it; without one, everything."""
        findings = Finding.objects.filter(url_scan__analysis=analysis)
        return cls(analysis, earlier, findings.visible_to(user) if user else findings, user)

    @property
    def before(self) -> FindingQuerySet:
        """The earlier run's findings at the URLs that both runs have."""
        urls = self.analysis.url_scans.values("url")
        return Finding.objects.filter(url_scan__analysis=self.earlier, url_scan__url__in=urls)

    @property
    def complete(self) -> bool:
        """Whether what was not found any more was really looked for."""
        return self.analysis.status in _COMPLETE

    @property
    def hidden(self) -> bool:
        """Whether some of what the later run found is under verification, and not for this user to see yet."""
        if self.analysis.info.final:
            return False
        verifying = UrlScan.objects.verifying().filter(analysis=self.analysis)
        return verifying.marking_visible_results(self.user).filter(results_visible=False).exists()

    def counts(self) -> dict[str, int]:
        """How many weaknesses are `new`, `still` there and `gone`."""
        return self.findings.changes_since(self.before)

    def new(self) -> FindingQuerySet:
        """One finding of each weakness that the earlier run had not, worst first."""
        return self._listed(self.findings.exclude(fingerprint__in=self.before.values("fingerprint")))

    def still(self) -> FindingQuerySet:
        """One finding of each weakness that both have, worst first."""
        return self._listed(self.findings.filter(fingerprint__in=self.before.values("fingerprint")))

    def gone(self) -> FindingQuerySet:
        """One finding, the earlier run's, of each weakness that this run has not, worst first."""
        return self._listed(self.before.exclude(fingerprint__in=self.findings.values("fingerprint")))

    @staticmethod
    def _listed(findings: FindingQuerySet) -> FindingQuerySet:
        return findings.first_of_each_weakness().select_related("url_scan").worst_first()

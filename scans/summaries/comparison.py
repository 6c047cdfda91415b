"""Compares a run with an earlier run of its series: open weaknesses that are new, still there, or gone."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from scans.models import Analysis, Finding, UrlScan
from scans.models.open_findings import count_open, still_open
from scans.models.querysets import FindingQuerySet
from scans.severities import DISMISSED
from scans.statuses import AnalysisStatus

_COMPLETE = {
    AnalysisStatus.COMPLETED_VERIFYING_RESULTS,
    AnalysisStatus.STOPPED_VERIFYING_RESULTS,
    AnalysisStatus.COMPLETED_RESULTS_AVAILABLE,
}


@dataclass(frozen=True)
class Comparison:
    """The open findings of two runs, compared by fingerprint. `visible` are those of the later run that the user may
    see; dismissed ones are only counted.

    A run that continues another, or has other URLs, covers only some of the earlier run's URLs: only these are
    compared. `complete` says whether the later run scanned all of them to the end; if not, a weakness that it lacks
    may still be there.
    """

    analysis: Analysis
    earlier: Analysis
    visible: FindingQuerySet
    user: AbstractBaseUser | None = None

    @classmethod
    def of(cls, analysis: Analysis, earlier: Analysis, user=None) -> Comparison:
        """The comparison of what this user may see; without a user, of everything."""
        findings = Finding.objects.filter(url_scan__analysis=analysis)
        return cls(analysis, earlier, findings.visible_to(user) if user else findings, user)

    @property
    def findings(self) -> FindingQuerySet:
        """The later run's findings that are open."""
        return still_open(self.visible)

    @property
    def dismissed(self) -> int:
        """The number of dismissed weaknesses of the later run, which are in none of the three lists."""
        return count_open(self.visible)[DISMISSED]

    @property
    def before(self) -> FindingQuerySet:
        """The earlier run's findings at the URLs that both runs have, those that are open."""
        urls = self.analysis.url_scans.values("url")
        return still_open(Finding.objects.filter(url_scan__analysis=self.earlier, url_scan__url__in=urls))

    @property
    def complete(self) -> bool:
        """Whether the later run looked for everything, so that a missing weakness is really gone."""
        return self.analysis.status in _COMPLETE

    @property
    def hidden(self) -> bool:
        """Whether some findings of the later run are under verification and hidden from this user."""
        if self.analysis.info.final:
            return False
        verifying = UrlScan.objects.verifying().filter(analysis=self.analysis)
        return verifying.marking_visible_results(self.user).filter(results_visible=False).exists()

    def counts(self) -> dict[str, int]:
        """The number of weaknesses that are `new`, `still` there and `gone`."""
        return self.findings.changes_since(self.before)

    def new(self) -> FindingQuerySet:
        """One finding of each weakness that only the later run has, worst first."""
        return self._listed(self.findings.exclude(fingerprint__in=self.before.values("fingerprint")))

    def still(self) -> FindingQuerySet:
        """One finding, of the later run, of each weakness that both runs have, worst first."""
        return self._listed(self.findings.filter(fingerprint__in=self.before.values("fingerprint")))

    def gone(self) -> FindingQuerySet:
        """One finding of each weakness that only the earlier run has, worst first."""
        return self._listed(self.before.exclude(fingerprint__in=self.findings.values("fingerprint")))

    @staticmethod
    def _listed(findings: FindingQuerySet) -> FindingQuerySet:
        return findings.first_of_each_weakness().select_related("url_scan").worst_first()

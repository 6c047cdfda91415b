"""Storing the findings that an engine reports, each once, and counting them."""

from collections.abc import Collection

from scans import transitions
from scans.database import clock
from scans.engines.events import FindingReported, identity
from scans.models import Finding, UrlScan
from scans.results.fingerprints import fingerprint

_OF_FINGERPRINT = "category method url parameter module subject kind site_wide".split()
_LONG_TEXTS = "url parameter info description solution http_request evidence_body".split()


@transitions.by_holder
def store(scan: UrlScan, reported: Collection[FindingReported]) -> None:
    """Store new findings and count all of them; one that was reported before stays as it is. Raises LeaseLost."""
    Finding.objects.bulk_create([_row(scan, finding) for finding in reported], ignore_conflicts=True, batch_size=100)
    counts = scan.findings.count_by_severity()
    transitions.renew(scan, **{f"findings_{severity}": count for severity, count in counts.items()})


def _row(url_scan: UrlScan, finding: FindingReported) -> Finding:
    return Finding(
        url_scan=url_scan,
        identity=identity(finding),
        fingerprint=fingerprint(**{name: getattr(finding, name) for name in _OF_FINGERPRINT}),
        found_at=clock.now(),
        category=_storable(finding.category)[:200],
        severity=finding.severity.value,
        method=_storable(finding.method)[:16],
        module=_storable(finding.module)[:60],
        subject=_storable(finding.subject)[:200],
        kind=finding.kind,
        **{name: _storable(getattr(finding, name)) for name in _LONG_TEXTS},
        references=[[_storable(text) for text in reference] for reference in finding.references],
        wstg=[_storable(text) for text in finding.wstg],
        cwe=list(finding.cwe),
        evidence_status=finding.evidence_status,
        evidence_headers=[[_storable(text) for text in header] for header in finding.evidence_headers],
    )


def _storable(text: str) -> str:
    """Replace NUL by its visible symbol: answers of sites contain it, and PostgreSQL cannot store it."""
    return text.replace("\x00", "\u2400")

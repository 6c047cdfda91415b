"""Storing the findings that an engine reports, each once, and counting them."""

import hashlib
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.utils import timezone

from scans.engines.base import FindingReported, identity
from scans.models import Finding, UrlScan


def store(url_scan: UrlScan, reported: Iterable[FindingReported]) -> dict[str, int]:
    """Store new findings; one that was reported before stays as it is.

    Returns the columns of UrlScan that count its findings; the caller writes them.
    """
    Finding.objects.bulk_create(
        [_row(url_scan, finding) for finding in reported], ignore_conflicts=True, batch_size=100
    )
    counts = url_scan.findings.count_by_severity()
    return {f"findings_{severity}": count for severity, count in counts.items()}


def fingerprint(finding: FindingReported) -> str:
    """Return a weakness' fingerprint, the same in every run: of category, method, place and parameter, no payload."""
    parts = urlsplit(finding.url)
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"
    text = "\0".join([finding.category, finding.method, place, finding.parameter])
    return hashlib.sha256(text.encode()).hexdigest()


def _row(url_scan: UrlScan, finding: FindingReported) -> Finding:
    return Finding(
        url_scan=url_scan,
        identity=identity(finding),
        fingerprint=fingerprint(finding),
        found_at=timezone.now(),
        category=_storable(finding.category)[:200],
        severity=finding.severity.value,
        method=_storable(finding.method)[:16],
        url=_storable(finding.url),
        parameter=_storable(finding.parameter),
        module=_storable(finding.module)[:60],
        info=_storable(finding.info),
        description=_storable(finding.description),
        solution=_storable(finding.solution),
        references=[[_storable(text) for text in reference] for reference in finding.references],
        wstg=[_storable(text) for text in finding.wstg],
        cwe=list(finding.cwe),
        http_request=_storable(finding.http_request),
        curl=_storable(finding.curl),
        evidence_status=finding.evidence_status,
        evidence_headers=[[_storable(text) for text in header] for header in finding.evidence_headers],
        evidence_body=_storable(finding.evidence_body),
    )


def _storable(text: str) -> str:
    """Replace NUL by its visible symbol: answers of sites contain it, and PostgreSQL cannot store it."""
    return text.replace("\x00", "\u2400")

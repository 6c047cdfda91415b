"""What one URL scan found: the list, and each finding with its evidence."""

from django.shortcuts import get_object_or_404

from scans.filtersets import FindingFilterSet
from scans.models import UrlScan
from scans.views.url_scans import UrlScanTab

MOST = 1000  # a scan ends at this many, so that one page holds them all


class FindingListView(UrlScanTab):
    """The findings of one URL scan, worst first."""

    stem = "finding-list"

    def content(self, url_scan: UrlScan) -> dict:
        """Those that this user may see and asked for."""
        visible = url_scan.findings.visible_to(self.request.user)
        filterset = FindingFilterSet(self.request.GET, visible.worst_first())
        return {
            "filterset": filterset,
            "findings": filterset.qs.defer(*_EVIDENCE)[:MOST],
            "visible": visible.count(),
        }


_EVIDENCE = [
    "http_request",
    "curl",
    "evidence_headers",
    "evidence_body",
    "description",
    "solution",
    "references",
]


class FindingDetailView(UrlScanTab):
    """One finding with its evidence."""

    stem = "finding-detail"
    tab = "finding-list"

    def content(self, url_scan: UrlScan, finding_id: int) -> dict:
        """The finding; 404 also where this user may not see it yet."""
        return {"finding": get_object_or_404(url_scan.findings.visible_to(self.request.user), pk=finding_id)}

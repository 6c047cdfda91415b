"""The coverage of a URL scan: the addresses it found, attacked, skipped and was blocked at; as a tab and as CSV."""

from django.core.paginator import Paginator
from django.http import HttpRequest, StreamingHttpResponse
from django.views.generic import View

from scans.exports.tables import csv_lines
from scans.filtersets import CoverageFilterSet
from scans.models import CrawledUrl, UrlScan
from scans.results.coverage import MAX_ADDRESSES
from scans.views.access import ViewerRequired, present_url_scan
from scans.views.downloads import attachment
from scans.views.url_scans import UrlScanTab

PAGE_SIZE = 100
HEAD = ["method", "url", "reach", "answer", "reason"]


class CoverageView(UrlScanTab):
    """The addresses, page by page, and how many there are of each kind."""

    stem = "coverage"
    template = "scans/url_scan/_coverage.html"

    def content(self, url_scan: UrlScan) -> dict:
        """Return the addresses that match the filter."""
        counts = url_scan.crawled_urls.count_by_reach()
        filterset = CoverageFilterSet(self.request.GET, url_scan.crawled_urls.order_by("url", "method"))
        page = Paginator(filterset.qs, PAGE_SIZE).get_page(self.request.GET.get("page"))
        known = sum(counts.values())
        return {
            "counts": [(reach, counts.get(reach.value, 0)) for reach in CrawledUrl.Reach],
            "known": known,
            "is_cut": known >= MAX_ADDRESSES,
            "filterset": filterset,
            "page": page,
            "addresses": list(page),
        }


class CoverageFileView(ViewerRequired, View):
    """CSV of all addresses that match the tab's filter."""

    def get(self, request: HttpRequest, analysis_id: int, pk: int) -> StreamingHttpResponse:
        url_scan = present_url_scan(analysis_id, pk, request.user)
        chosen = CoverageFilterSet(request.GET, url_scan.crawled_urls.order_by("url", "method")).qs
        found = chosen.values_list(*HEAD).iterator(chunk_size=1000)
        rows = ([*cells, reason.in_english()] for *cells, reason in found)
        return attachment(csv_lines(HEAD, rows), f"coverage-{url_scan.pk}", "csv")

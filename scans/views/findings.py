"""What one URL scan found: the list, and each finding with its evidence."""

from functools import partial

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from scans import transitions
from scans.detail_filtersets import FindingFilterSet
from scans.forms import MarkForm
from scans.models import Finding, Mark, TriageMark, UrlScan
from scans.views.access import present_url_scan
from scans.views.actions import ActionView
from scans.views.url_scans import UrlScanTab

MOST = 1000  # a scan ends at this many, so that one page holds them all


class FindingListView(UrlScanTab):
    """The findings of one URL scan, worst first."""

    stem = "finding-list"

    def content(self, url_scan: UrlScan) -> dict:
        """Those that this user may see and asked for."""
        analysis = url_scan.analysis
        visible = url_scan.findings.visible_to(self.request.user).marked(analysis.series.marks)
        if before := analysis.run_before:
            visible = visible.compared_with(Finding.objects.filter(url_scan__analysis=before))
        filterset = FindingFilterSet(self.request.GET, visible.worst_first())
        return {
            "filterset": filterset,
            "findings": filterset.qs.defer(*_EVIDENCE)[:MOST],
            "visible": visible.count(),
            "before": before,
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
        """The finding and its mark; 404 also where this user may not see it yet."""
        finding = get_object_or_404(url_scan.findings.visible_to(self.request.user), pk=finding_id)
        marks = TriageMark.objects.select_related("user")
        mark = marks.filter(series=url_scan.analysis.series_id, fingerprint=finding.fingerprint).first()
        form = MarkForm(initial={"mark": mark.mark if mark else Mark.UNREVIEWED})
        return {"finding": finding, "mark": mark, "mark_form": form}


class MarkView(ActionView):
    """What a reviewer decides about a finding."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Mark it, and show it again."""
        url_scan = present_url_scan(analysis_id, pk, request.user)
        finding = get_object_or_404(url_scan.findings.visible_to(request.user), pk=finding_id)
        finding.url_scan = url_scan
        form = MarkForm(request.POST)
        if not form.is_valid():
            marks = ", ".join(map(str, Mark.labels))
            raise BadRequest(_("A mark is one of: {marks}.").format(marks=marks))
        verb = partial(transitions.mark, mark=Mark(form.cleaned_data["mark"]), comment=form.cleaned_data["comment"])
        return self.perform(finding, verb, _("“{}” is marked."))

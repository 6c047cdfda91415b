"""One finding with its evidence, its mark, and its verification."""

from functools import partial

from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from scans import transitions
from scans.configuration.secret_headers import names_for
from scans.forms.actions import MarkForm
from scans.models import Finding, Mark, TriageMark, UrlScan
from scans.views.access import present_url_scan
from scans.views.actions import ActionView
from scans.views.url_scans import UrlScanTab

PAGE_SIZE = 100  # places
LONGEST_EVIDENCE = 4000  # characters of a request or response that are shown at first


class FindingDetailView(UrlScanTab):
    """One finding with its evidence."""

    stem = "finding-detail"
    template = "scans/findings/_finding_detail.html"
    whole = True
    tab = "finding-list"

    def content(self, url_scan: UrlScan, finding_id: int) -> dict:
        """Return the finding and its mark. Raises Http404 if there is none or this user may not see it yet."""
        visible = url_scan.findings.visible_to(self.request.user)
        finding = get_object_or_404(visible.defer(None), pk=finding_id)
        alike = Finding.objects.filter(url_scan__analysis=url_scan.analysis_id, fingerprint=finding.fingerprint)
        places = alike.visible_to(self.request.user).select_related("url_scan").order_by("url", "pk")
        marks = TriageMark.objects.select_related("user")
        mark = marks.filter(series=url_scan.analysis.series_id, fingerprint=finding.fingerprint).first()
        form = MarkForm(initial={"mark": mark.mark if mark else Mark.UNREVIEWED})
        longest = None if "all" in self.request.GET else LONGEST_EVIDENCE
        return {
            "finding": finding,
            "places": Paginator(places, PAGE_SIZE).get_page(self.request.GET.get("places")),
            "mark": mark,
            "mark_form": form,
            "sent": finding.http_request[:longest],
            "header_names": names_for(url_scan),
            "answered": finding.evidence_body[:longest],
            "is_cut": longest and max(len(finding.http_request), len(finding.evidence_body)) > longest,
        }


class MarkView(ActionView):
    """Marks a finding with a reviewer's decision."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Mark the finding, then show the previous page again. Raises BadRequest for an unknown mark."""
        url_scan = present_url_scan(analysis_id, pk, request.user)
        finding = get_object_or_404(url_scan.findings.visible_to(request.user), pk=finding_id)
        finding.url_scan = url_scan
        return self.perform(finding, partial(transitions.mark, **decision(request)), _("“{}” is marked."))


class VerifyView(ActionView):
    """Asks for one finding to be verified again."""

    def post(self, request: HttpRequest, analysis_id: int, pk: int, finding_id: int) -> HttpResponse:
        """Ask for it, then show the previous page again."""
        url_scan = present_url_scan(analysis_id, pk, request.user)
        finding = get_object_or_404(url_scan.findings.visible_to(request.user), pk=finding_id)
        verb = partial(transitions.verify_again, findings=[finding.pk])
        return self.perform(url_scan, verb, _("The finding of {} is being verified again."))


def decision(request: HttpRequest) -> dict:
    """Return mark and comment as keyword arguments of `transitions.mark`. Raises BadRequest for an unknown mark."""
    form = MarkForm(request.POST)
    if not form.is_valid():
        raise BadRequest(_("A mark is one of: {marks}.").format(marks=", ".join(map(str, Mark.labels))))
    return {"mark": Mark(form.cleaned_data["mark"]), "comment": form.cleaned_data["comment"]}

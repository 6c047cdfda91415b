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
from scans.summaries.evidence import LONGEST as LONGEST_EVIDENCE
from scans.summaries.evidence import Evidence, command
from scans.summaries.explanation import why
from scans.summaries.guides import guides
from scans.views.access import present_url_scan
from scans.views.actions import ActionView
from scans.views.url_scans import UrlScanTab

PAGE_SIZE = 100  # places


class FindingDetailView(UrlScanTab):
    """One finding: the weakness, its remedy, why it is one, its evidence, and the verdict."""

    stem = "finding-detail"
    page, fragment = "scans/findings/finding_detail.html", "scans/findings/_finding_detail.html"
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
        return {
            "finding": finding,
            "title": _title(finding),
            "runs": finding.runs_that_show_it(url_scan.analysis.series_id, self.request.user),
            "why": why(finding),
            "guides": guides(finding.cwe, finding.wstg),
            "places": Paginator(places, PAGE_SIZE).get_page(self.request.GET.get("places")),
            "mark": mark,
            "mark_form": form,
            **_proof(self.request, url_scan, finding),
        }


def _title(finding: Finding) -> str:
    """The weakness and what it is about, for the title of the page."""
    if finding.parameter:
        return _("%(weakness)s in %(where)s") % {"weakness": finding.category, "where": finding.parameter[:80]}
    return f"{finding.category}: {finding.subject[:80]}" if finding.subject else finding.category


def _proof(request: HttpRequest, url_scan: UrlScan, finding: Finding) -> dict:
    """The evidence, and a command that repeats the request."""
    names, method = names_for(url_scan), url_scan.login.method if url_scan.login_id else ""
    curl, variables = command(finding.curl, method, names)
    longest = None if "all" in request.GET else LONGEST_EVIDENCE
    evidence = Evidence(finding, longest)
    return {"header_names": names, "evidence": evidence, "curl": curl, "variables": variables}


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

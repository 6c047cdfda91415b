"""Permissions of pages, and finding the analysis or URL scan that an address names."""

from collections.abc import Iterable

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from scans import transitions
from scans.models import Analysis, Finding, UrlScan
from scans.models.lean import large
from scans.reasons import SENTENCES

ASK_AN_ADMINISTRATOR = _("An administrator gives roles, in the admin under Users.")


class ViewerRequired(PermissionRequiredMixin):
    """Lets everybody see the page who has a role. Others read that administrators give roles."""

    permission_required = "scans.view_analysis"
    permission_denied_message = format_lazy(
        "{} {}", _("Your account has no role yet, and these pages take one."), ASK_AN_ADMINISTRATOR
    )


class SubmitterRequired(PermissionRequiredMixin):
    """For pages that lead to a change: requires the role Submitter, and logs a refused POST in the analysis' log."""

    asked = ""  # the verb of `transitions` that a POST asks for
    permission_required = ("scans.view_analysis", "scans.submit_analysis")
    permission_denied_message = SENTENCES["submitter_needed"]

    def handle_no_permission(self) -> HttpResponse:
        """Answer 403, naming the role that is needed. A POST is logged; opening the page is not an attempt."""
        if self.asked and self.request.method == "POST":
            refusal = transitions.NotPermitted("submitter_needed")
            for analysis in self.asked_of():
                transitions.note_refusal(self.asked, analysis, self.request.user, refusal)
        return super().handle_no_permission()

    def asked_of(self) -> Iterable[Analysis]:
        """Return the analyses whose log gets the refusal."""
        pk = self.kwargs["analysis_id"] if "analysis_id" in self.kwargs else self.kwargs["pk"]
        return [present_analysis(pk)]


class Gone(Http404):
    """404 for something that was deleted; str() is the explanation in the reader's language."""


def _deleted(analysis: Analysis) -> Gone:
    day = date_format(analysis.deleted_at, pgettext("a date", "j F Y"))
    return Gone(_("“{analysis}” was deleted on {day}, with its results.").format(analysis=analysis, day=day))


def present_analysis(pk: int, *, whole: bool = False) -> Analysis:
    """Return this analysis, with its large columns if `whole`.

    Raises Http404 if there is none, and Gone, which explains, if it was deleted.
    """
    analyses = Analysis.objects.defer(None) if whole else Analysis.objects
    analyses = analyses.select_related("series__schedule__template", "owner", "continues").defer(
        *large(Analysis, "series__schedule__template"), *large(Analysis, "continues")
    )
    analysis = get_object_or_404(analyses, pk=pk)
    if analysis.deleted_at:
        raise _deleted(analysis)
    return analysis


def present_url_scan(analysis_id: int, pk: int, user, *, whole: bool = False) -> UrlScan:
    """Return this URL scan, with `results_visible` for this user, and `verifying_again`.

    With `whole`, its analysis is read with its large columns. Raises Http404 or Gone as `present_analysis`.
    """
    asked = Finding.objects.waiting_for_verification().filter(url_scan=OuterRef("pk"))
    scans = UrlScan.objects.select_related("analysis__series").marking_visible_results(user)
    scans = scans.annotate(verifying_again=Exists(asked)).defer(*(() if whole else large(Analysis, "analysis")))
    scan = get_object_or_404(scans, analysis_id=analysis_id, pk=pk)
    if scan.analysis.deleted_at:
        raise _deleted(scan.analysis)
    return scan

"""Who may see what, and how a page finds the thing that its address names."""

from collections.abc import Iterable

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from scans import transitions
from scans.models import Analysis, UrlScan
from scans.reasons import SENTENCES

ASK_AN_ADMINISTRATOR = _("An administrator gives roles, in the admin under Users.")


class ViewerRequired(PermissionRequiredMixin):
    """Any role may see the pages; an account without one is told who gives roles."""

    permission_required = "scans.view_analysis"
    permission_denied_message = format_lazy(
        "{} {}", _("Your account has no role yet, and these pages take one."), ASK_AN_ADMINISTRATOR
    )


class SubmitterRequired(PermissionRequiredMixin):
    """For pages that lead to a change; what they ask for of one analysis stands in its log where it is refused."""

    asked = ""  # the verb of `transitions`
    permission_required = ("scans.view_analysis", "scans.submit_analysis")
    permission_denied_message = SENTENCES["submitter_needed"]

    def handle_no_permission(self) -> HttpResponse:
        """Say which role it takes; looking at the page alone is no attempt."""
        if self.asked and self.request.method == "POST":
            refusal = transitions.NotPermitted("submitter_needed")
            for analysis in self.asked_of():
                transitions.note_refusal(self.asked, analysis, self.request.user, refusal)
        return super().handle_no_permission()

    def asked_of(self) -> Iterable[Analysis]:
        """The analyses that it concerns."""
        pk = self.kwargs["analysis_id"] if "analysis_id" in self.kwargs else self.kwargs["pk"]
        return [present_analysis(pk)]


class Gone(Http404):
    """What stood at this address is gone; str() says what became of it, in the language of who asks."""


def _deleted(analysis: Analysis) -> Gone:
    day = date_format(analysis.deleted_at, pgettext("a date", "j F Y"))
    return Gone(_("“{analysis}” was deleted on {day}, with its results.").format(analysis=analysis, day=day))


def present_analysis(pk: int) -> Analysis:
    """The analysis at this address; 404, with the reason, where there is none (any more)."""
    analysis = get_object_or_404(
        Analysis.objects.select_related("series__schedule__template", "owner", "continues"), pk=pk
    )
    if analysis.deleted_at:
        raise _deleted(analysis)
    return analysis


def present_url_scan(analysis_id: int, pk: int, user) -> UrlScan:
    """The URL scan at this address, knowing whether this user may see its results yet."""
    scans = UrlScan.objects.select_related("analysis__series").marking_visible_results(user)
    scan = get_object_or_404(scans, analysis_id=analysis_id, pk=pk)
    if scan.analysis.deleted_at:
        raise _deleted(scan.analysis)
    return scan

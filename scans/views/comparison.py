"""The page that compares a run with an earlier run of its series."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from scans.models import Analysis
from scans.summaries.comparison import Comparison
from scans.views.access import Gone, ViewerRequired, present_analysis

MAX_LISTED = 200  # weaknesses in each of the three lists; the others are only counted
MAX_RUNS = 100  # earlier runs to choose from

PARTS = {"new": _("New"), "still": _("Still there"), "gone": _("No longer found")}


class ComparisonView(ViewerRequired, View):
    """New, remaining and gone open weaknesses since the run in `against`, by default the previous run."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page; 404 if there is no such earlier run with published results."""
        analysis = present_analysis(pk)
        runs = list(analysis.runs_before[:MAX_RUNS])
        against = request.GET.get("against") or (str(runs[0].run) if runs else "")
        earlier = next((run for run in runs if str(run.run) == against), None)
        if runs and earlier is None:
            raise Gone(_("This series has no earlier run {run} with published results.").format(run=against))
        context = {"analysis": analysis, "runs": runs, "earlier": earlier, "most": MAX_LISTED}
        return render(
            request,
            "scans/analysis_detail/comparison.html",
            context | (_parts(request, analysis, earlier) if runs else {}),
        )


def _parts(request: HttpRequest, analysis: Analysis, earlier: Analysis) -> dict:
    comparison = Comparison.of(analysis, earlier, request.user)
    counts = comparison.counts()
    listed = {name: list(getattr(comparison, name)()[:MAX_LISTED]) if counts[name] else [] for name in PARTS}
    for name, found in listed.items():
        (comparison.before if name == "gone" else comparison.findings).count_places(found)
    parts = [(name, label, counts[name], listed[name]) for name, label in PARTS.items()]
    return {
        "complete": comparison.complete,
        "hidden": comparison.hidden,
        "parts": parts,
        "dismissed": comparison.dismissed,
    }

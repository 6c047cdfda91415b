"""Actions on several URL scans of one analysis, with their confirmation."""

from collections import Counter

from django.http import HttpRequest, HttpResponse, QueryDict

from scans.filtersets import UrlScanFilterSet, whole_number
from scans.forms.bulk import UrlScansForm
from scans.models import Analysis, Finding, UrlScan
from scans.models.lean import large
from scans.models.querysets import sees_everything
from scans.statuses import URL_SCAN_STATUSES, Action
from scans.transitions.bulk import act_on_url_scans
from scans.views import bulk
from scans.views.access import present_analysis
from scans.views.redirects import page_asked_from, see

QUESTIONS = {name: bulk.QUESTIONS[name] for name in ("pause", "resume", "stop")}


class UrlScanBulkView(bulk.BulkQuestionView):
    """Acts on URL scans at once."""

    page, dialog = "scans/bulk/url_scans_question.html", "scans/bulk/_url_scans_question.html"
    catalogue = URL_SCAN_STATUSES

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, with the number of URL scans and findings."""
        analysis = present_analysis(pk)
        return self.ask(analysis, chosen_among(analysis, request.GET), UrlScansForm(verbs=self.verbs))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Act and report the numbers, or ask again if something is missing."""
        analysis, form = present_analysis(pk), UrlScansForm(request.POST, verbs=self.verbs)
        chosen = chosen_among(analysis, request.POST)
        if not (chosen and form.is_valid()):
            return self.ask(analysis, chosen, form, status=422)
        outcomes = act_on_url_scans(url_scans=chosen, by=request.user, **form.cleaned_data)
        self.report(Action(form.cleaned_data["verb"]).label, outcomes)
        return see(page_asked_from(request, analysis.get_absolute_url()))

    def ask(self, analysis: Analysis, chosen: list[UrlScan], form: UrlScansForm, status: int = 200) -> HttpResponse:
        """Render the question about the chosen URL scans, or the reason why nothing can be done."""
        counts = Counter(scan.status for scan in chosen)
        found = None
        if sees_everything(self.request.user):
            found = sum(Finding.objects.filter(url_scan__in=chosen).count_by_severity().values())
        back = page_asked_from(self.request, analysis.get_absolute_url())
        return self.render_question(form, counts, status, chosen=chosen, found=found, next=back)


def chosen_among(analysis: Analysis, data: QueryDict) -> list[UrlScan]:
    """The ticked URL scans, or with `all` every one that matches the filter of the summary."""
    scans = analysis.url_scans.select_related("analysis").defer(*large(Analysis, "analysis")).order_by("position")
    if data.get("all"):
        return list(UrlScanFilterSet(data, scans).qs)
    ticked = {whole_number(text) for text in data.getlist("chosen")}
    return [scan for scan in scans if scan.pk in ticked]

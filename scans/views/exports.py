"""Exports: the filtered list of analyses, and the results of an analysis or a URL scan, as files."""

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.generic import View

from scans.analysis_list.filterset import AnalysisFilterSet
from scans.browser import CannotPrint
from scans.exports import analysis_list
from scans.exports.formats import FORMATS, LIMITS
from scans.exports.results import Results
from scans.models import Analysis
from scans.views.access import ViewerRequired, present_analysis, present_url_scan
from scans.views.downloads import attachment, language_of

LIST_FORMATS = ["csv", "json"]
RESULTS_FORMATS = list(FORMATS)


class AnalysisListFileView(ViewerRequired, View):
    """All pages of the list with this query string, in the list's order."""

    form = ""

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        filterset = AnalysisFilterSet(request.GET, Analysis.objects.present(), request=request)
        address = request.build_absolute_uri
        with language_of(self.form):
            if self.form == "csv":
                pieces = analysis_list.as_csv(filterset.keyset, request.user, address)
            else:
                asked = {"query": filterset.address(), "notices": filterset.notices()}
                pieces = analysis_list.as_json(filterset.keyset, request.user, address, **asked)
            return attachment(pieces, "analyses", self.form)


class ResultsFileView(ViewerRequired, View):
    """The results of one analysis that this user may see."""

    form = ""

    def results(self, **address) -> Results:
        return Results(present_analysis(address["pk"]), self.request.user, limit=LIMITS.get(self.form))

    def get(self, request: HttpRequest, **address) -> HttpResponseBase:
        """Stream the file. Its name says whether it is partial. Answers 503 with the reason if no PDF can be made."""
        found = self.results(**address)
        try:
            with language_of(self.form):
                return attachment(FORMATS[self.form](found), found.file_stem, self.form)
        except CannotPrint as reason:
            context = {"reason": str(reason), "html": request.path.removesuffix("pdf") + "html"}
            return render(request, "scans/exports/not_printed.html", context, status=503)


class UrlScanResultsFileView(ResultsFileView):
    """The results of one URL scan."""

    def results(self, *, analysis_id: int, pk: int) -> Results:
        scan = present_url_scan(analysis_id, pk, self.request.user)
        return Results(scan.analysis, self.request.user, scan, LIMITS.get(self.form))

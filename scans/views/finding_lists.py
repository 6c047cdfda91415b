"""Lists of findings: one row for each weakness of a URL scan or an analysis; and decisions about several at once."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from scans import htmx, transitions
from scans.filtersets import FindingFilterSet, whole_number
from scans.models import Analysis, Finding, Mark, SystemPart, UrlScan
from scans.statuses import PUBLISHED_AS
from scans.transitions import NotPermitted, TransitionRefused
from scans.views.access import ViewerRequired, present_analysis
from scans.views.actions import ActionView, back
from scans.views.findings import decision
from scans.views.redirects import see
from scans.views.url_scans import UrlScanTab

PAGE_SIZE = 100
_NOT_IN_ROWS = ["wstg", "cwe", "replay_reason"]  # besides what a lean manager leaves out


class FindingListView(UrlScanTab):
    """The weaknesses that one URL scan found, worst first."""

    stem = "finding-list"
    template = "scans/findings/_finding_list.html"

    def content(self, url_scan: UrlScan) -> dict:
        """Return the findings that this user may see and that match the filter."""
        return _found(self.request, url_scan.analysis, url_scan.findings.all())


class AnalysisFindingListView(ViewerRequired, View):
    """The weaknesses of all URLs of one analysis, worst first; live."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        analysis, missing = present_analysis(pk), SystemPart.missing()
        version = f"{analysis.version}.{len(missing)}"
        if htmx.is_unchanged(request, version):
            return htmx.unchanged()
        findings = Finding.objects.filter(url_scan__analysis=analysis).select_related("url_scan")
        verifying = analysis.url_scans.marking_visible_results(request.user).filter(status__in=list(PUBLISHED_AS))
        found = _found(request, analysis, findings)
        verifying_again = any(finding.verify_asked_at for finding in found["findings"])
        context = {
            "analysis": analysis,
            "missing_parts": missing,
            "version": version,
            "every": htmx.seconds_between_polls([analysis], under_way=verifying_again),
            "here": htmx.address(request),
            "title": _("Findings of %(analysis)s") % {"analysis": analysis},
            "hidden": verifying.filter(results_visible=False).count(),
            **found,
        }
        names = "scans/findings/analysis_finding_list.html", "scans/findings/_analysis_finding_list.html"
        return htmx.respond(request, *names, context)


def _found(request: HttpRequest, analysis: Analysis, findings) -> dict:
    """Return one page of the visible weaknesses that match the filter, and the number of visible ones by severity.

    A weakness matches if one of its places does; the first of these stands for it.
    """
    before = analysis.run_before
    earlier = Finding.objects.filter(url_scan__analysis=before) if before else Finding.objects.none()
    visible = findings.visible_to(request.user).marked(analysis.series.marks).compared_with(earlier)
    categories = list(visible.order_by("category").values_list("category", flat=True).distinct())
    filterset = FindingFilterSet(request.GET, visible.worst_first(), categories=categories)
    weaknesses = filterset.qs.first_of_each_weakness()
    page = Paginator(weaknesses.defer(*_NOT_IN_ROWS), PAGE_SIZE).get_page(request.GET.get("page"))
    found = list(page)
    visible.count_places(found)
    if filterset.grouping:
        _size_groups(found, weaknesses, filterset.grouping)
    severities = visible.count_by_severity()
    return {
        "filterset": filterset,
        "page": page,
        "findings": found,
        "severities": severities,
        "visible": sum(severities.values()),
        "places": visible.count(),
        "before": before,
        "marks": Mark.choices,
        "may_select": request.user.has_perm("scans.submit_analysis"),
        "may_mark": request.user.has_perm("scans.review_analysis"),
    }


def _size_groups(found: list[Finding], weaknesses, column: str) -> None:
    """Give each finding the number of weaknesses in its group."""
    grouped = Finding.objects.filter(pk__in=weaknesses.order_by().values("pk"))
    sizes = dict(grouped.order_by().values_list(column).annotate(Count("pk")))
    for finding in found:
        finding.group_size = sizes.get(getattr(finding, column), 0)


class BulkMarkView(ActionView):
    """Marks several findings of one analysis with the same decision."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mark each weakness among the selected findings once, then show the list again."""
        analysis, decided = present_analysis(pk), decision(request)
        weaknesses = {finding.fingerprint: finding for finding in _chosen(request, analysis)}
        try:
            for finding in weaknesses.values():
                transitions.mark(finding, by=request.user, **decided)
        except NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        if weaknesses:
            done = ngettext("%(count)s weakness is marked.", "%(count)s weaknesses are marked.", len(weaknesses))
            messages.success(request, done % {"count": len(weaknesses)})
        else:
            messages.error(request, _("Select at least one finding to mark."))
        return see(back(request, analysis))


class BulkVerifyView(ActionView):
    """Asks for several weaknesses of one analysis to be verified again, at each of their places."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the selected findings of each URL, then show the list again with what was refused."""
        analysis = present_analysis(pk)
        weaknesses = set(_chosen(request, analysis).values_list("fingerprint", flat=True))
        places = Finding.objects.filter(url_scan__analysis=analysis, fingerprint__in=weaknesses)
        chosen = places.visible_to(request.user).values_list("url_scan_id", "pk")
        done, refusals = 0, []
        for scan in analysis.url_scans.filter(pk__in={scan_id for scan_id, _pk in chosen}):
            ids = [finding for scan_id, finding in chosen if scan_id == scan.pk]
            try:
                transitions.verify_again(scan, by=request.user, findings=ids)
                done += len(ids)
            except NotPermitted as refusal:
                raise PermissionDenied(str(refusal)) from refusal
            except TransitionRefused as refusal:
                refusals.append(str(refusal))
        for refusal in refusals:
            messages.error(request, refusal)
        if done:
            text = ngettext(
                "%(count)s finding is being verified again.", "%(count)s findings are being verified again.", done
            )
            messages.success(request, text % {"count": done})
        elif not refusals:
            messages.error(request, _("Select at least one finding to verify again."))
        return see(back(request, analysis))


def _chosen(request: HttpRequest, analysis: Analysis):
    """Return the selected findings that this user may see."""
    chosen = [pk for pk in map(whole_number, request.POST.getlist("finding")) if pk is not None]
    findings = Finding.objects.filter(url_scan__analysis=analysis, pk__in=chosen[:PAGE_SIZE])
    return findings.visible_to(request.user)

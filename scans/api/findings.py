"""Reading what scans found: findings with their evidence, and coverage."""

from django.shortcuts import get_object_or_404

from scans.api import shapes
from scans.api.base import ApiView, operation
from scans.api.description import LIMIT, ROW_CURSOR, filters_of
from scans.exports.data import evidence_data, finding_data, iso, values_of
from scans.exports.masking import Mask, masks_of
from scans.filtersets import CoverageFilterSet, FindingFilterSet
from scans.models import Analysis, Finding, TriageMark
from scans.models.querysets import FindingQuerySet
from scans.views.access import present_analysis, present_url_scan

_EVIDENCE = ("http_request", "curl")


def findings_of(analysis: Analysis, user) -> FindingQuerySet:
    """The findings that this user may see, each with its mark and whether it is new."""
    before = analysis.run_before
    earlier = Finding.objects.filter(url_scan__analysis=before) if before else Finding.objects.none()
    found = Finding.objects.filter(url_scan__analysis=analysis).visible_to(user)
    return found.marked(analysis.series.marks).compared_with(earlier).select_related("url_scan").order_by("pk")


def finding_row(finding: Finding, mask: Mask) -> dict:
    """A finding that knows its mark, without evidence."""
    finding.http_request = ""  # not read for a list
    data = finding_data(finding, mask)
    return {name: value for name, value in data.items() if name not in _EVIDENCE} | _besides(finding)


def finding_whole(finding: Finding) -> dict:
    """A finding that knows its mark, with evidence; secrets are masked."""
    mask = masks_of([finding.url_scan])[finding.url_scan_id]
    marks = TriageMark.objects.filter(series=finding.url_scan.analysis.series_id, fingerprint=finding.fingerprint)
    comment = marks.values_list("comment", flat=True).first() or ""
    data = finding_data(finding, mask) | evidence_data(finding, mask)
    return data | _besides(finding) | {"mark_comment": mask(comment)}


def _besides(finding: Finding) -> dict:
    return {**values_of(finding, "is_new"), "found_at": iso(finding.found_at)}


class FindingsView(ApiView):
    """The findings of an analysis."""

    @operation(
        name="findings_list",
        tag="Findings",
        summary="List findings",
        text="One row for each place of a weakness; `fingerprint` says which places are the same weakness.",
        query="?severity=high&mark=unreviewed",
        query_parameters=[*filters_of(FindingFilterSet, without=["group"]), LIMIT, ROW_CURSOR],
        answer=shapes.FindingPage,
    )
    def get(self, request, analysis: int):
        found, limit, cursor = present_analysis(analysis), self.limit(), self.number("cursor")
        visible = findings_of(found, request.user)
        category = request.query_params.get("category")
        chosen = self.filtered(FindingFilterSet(request.query_params, visible, categories=[category]))
        if cursor is not None:
            chosen = chosen.filter(pk__gt=cursor)
        findings = list(chosen[: limit + 1])
        masks = masks_of({finding.url_scan_id: finding.url_scan for finding in findings}.values())
        items = [finding_row(finding, masks[finding.url_scan_id]) for finding in findings]
        return self.answer(lambda: self.page(items, lambda one: one["id"], limit))


class FindingView(ApiView):
    """One finding."""

    @operation(
        name="findings_read",
        tag="Findings",
        summary="Read one finding with its evidence",
        answer=shapes.FindingShape,
    )
    def get(self, request, analysis: int, finding: int):
        found = findings_of(present_analysis(analysis), request.user)
        one = get_object_or_404(found.select_related("url_scan__analysis").defer(None), pk=finding)
        return self.answer(lambda: finding_whole(one))


class CoverageView(ApiView):
    """The addresses that a URL scan came across."""

    @operation(
        name="coverage_list",
        tag="URL scans",
        summary="List the addresses that a scan came across",
        query="?reach=attacked",
        query_parameters=[*filters_of(CoverageFilterSet), LIMIT, ROW_CURSOR],
        answer=shapes.CrawledPage,
    )
    def get(self, request, analysis: int, scan: int):
        found, limit, cursor = present_url_scan(analysis, scan, request.user), self.limit(), self.number("cursor")
        chosen = self.filtered(CoverageFilterSet(request.query_params, found.crawled_urls.order_by("pk")))
        if cursor is not None:
            chosen = chosen.filter(pk__gt=cursor)
        rows = list(chosen[: limit + 1])
        following = rows[limit - 1].pk if len(rows) > limit else None
        items = [
            {**values_of(row, "method url reach answer"), "reason": row.reason.in_english()} for row in rows[:limit]
        ]
        return self.answer(lambda: {"items": items, "next": following})

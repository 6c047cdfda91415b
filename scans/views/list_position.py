"""Where a finding stands in the list that a person came from: the one before, the one after, and the way back."""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, ResolverMatch, resolve, reverse

from scans.filtersets import FindingFilterSet
from scans.models import Finding, UrlScan
from scans.views.redirects import page_asked_from


@dataclass(frozen=True)
class Position:
    """The list's address, and the addresses of the neighbours; empty where there is none.

    `number` is None for a finding that is not in the list (any more), such as one that was just marked.
    """

    back: str
    number: int | None = None
    count: int = 0
    before: str = ""
    after: str = ""


def position(request: HttpRequest, url_scan: UrlScan, finding: Finding) -> Position:
    """Return where the finding stands in the list that the parameter `next` names, or that the person comes from.

    Without one, in the list of its URL scan.
    """
    otherwise = reverse("scans:finding-list", args=[url_scan.analysis_id, url_scan.pk])
    back = page_asked_from(request, otherwise)
    match = _list_at(back, url_scan)
    if match is None and not request.GET.get("next"):
        back, match = otherwise, resolve(otherwise)
    if match is None:
        return Position(back)
    is_of_scan = match.url_name == "finding-list"
    findings = url_scan.findings if is_of_scan else Finding.objects.filter(url_scan__analysis=url_scan.analysis_id)
    listed, every = _in_order(QueryDict(urlsplit(back).query), findings, url_scan, request.user)
    own = next((pk for pk, fingerprint in every if fingerprint == finding.fingerprint), None)
    rows = [pk for pk, _ in every if pk in listed or pk == own]
    if own is None:
        return Position(back, count=len(listed))
    at = rows.index(own)
    beside = [rows[index] if 0 <= index < len(rows) else None for index in (at - 1, at + 1)]
    found = Finding.objects.select_related("url_scan").in_bulk([pk for pk in beside if pk])
    query = urlencode({"next": back})
    addresses = [f"{found[pk].get_absolute_url()}?{query}" if pk in found else "" for pk in beside]
    return Position(back, at + 1 if own in listed else None, len(listed), *addresses)


def _list_at(address: str, url_scan: UrlScan) -> ResolverMatch | None:
    """Return the list of findings at this address; None if it is none that has the findings of this URL scan."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return None
    lists = {
        "finding-list": {"analysis_id": url_scan.analysis_id, "pk": url_scan.pk},
        "analysis-finding-list": {"pk": url_scan.analysis_id},
    }
    return match if match.kwargs == lists.get(match.url_name) else None


def _in_order(query: QueryDict, findings, url_scan: UrlScan, user) -> tuple[set[int], list[tuple[int, str]]]:
    """Return the ids in the list with this filter, and all ids that its marks aside would be, in order."""
    analysis = url_scan.analysis
    earlier = Finding.objects.filter(url_scan__analysis=analysis.run_before) if analysis.run_before else None
    visible = findings.visible_to(user).marked(analysis.series.marks)
    visible = visible.compared_with(Finding.objects.none() if earlier is None else earlier)
    categories = list(visible.order_by("category").values_list("category", flat=True).distinct())

    def ids(data: QueryDict) -> list[tuple[int, str]]:
        filterset = FindingFilterSet(data, visible.worst_first(), categories=categories)
        return list(filterset.qs.first_of_each_weakness().values_list("pk", "fingerprint"))

    listed = ids(query)
    if "mark" not in query:
        return {pk for pk, _ in listed}, listed
    without = query.copy()
    del without["mark"]
    return {pk for pk, _ in listed}, ids(without)

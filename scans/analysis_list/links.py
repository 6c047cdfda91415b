"""The links on the list: each leads to the same list with one thing changed: a filter, the order or the page."""

from django.utils.translation import gettext as _

from scans.analysis_list.filters import CHIPS
from scans.analysis_list.filterset import DEFAULT_ORDER, LAST, AnalysisFilterSet
from scans.analysis_list.ordering import COLUMNS
from scans.analysis_list.saved_views import ListView
from scans.statuses import ANALYSIS_STATUSES

_DESCENDING_FIRST = {"urls", "findings", "start", "duration", "changed"}


def links_of(filterset: AnalysisFilterSet, views: list[ListView]) -> dict:
    """Every link of the list, by the name that the templates know it by."""
    no_further = dict.fromkeys(filterset.further, "")
    return {
        "views": views,
        "current_view": _current_view(filterset, views),
        "everything": filterset.address(q="", status=[], order="", **no_further) or "?",
        "without_statuses": filterset.address(status=[]) or "?",
        "without_further": filterset.address(**no_further) or "?",
        "chips": chips_of(filterset),
        "columns": columns_of(filterset),
        "pages": _other_pages(filterset),
    }


def chips_of(filterset: AnalysisFilterSet) -> list[tuple[str, bool, str]]:
    """For each active filter: its text, whether it carries a warning icon, and the address without it."""
    quoted = _("“{words}”").format(words=filterset.words)
    chips = [(quoted, False, filterset.address(q="") or "?")] if filterset.words else []
    for code in filterset.statuses:
        status = ANALYSIS_STATUSES[code]
        others = [other for other in filterset.statuses if other != code]
        chips.append((status.label, status.warning, filterset.address(status=others) or "?"))
    for name, value in filterset.further.items():
        chips.append((CHIPS[name](value), False, filterset.address(**{name: ""}) or "?"))
    return chips


def columns_of(filterset: AnalysisFilterSet) -> list[dict]:
    """The heads of the table: name, label, direction if the list is sorted by it, and the address that sorts by it."""
    direction = "descending" if filterset.order[0] == "-" else "ascending"
    return [
        {
            "name": column,
            "label": label,
            "sorted": direction if column == filterset.order.removeprefix("-") else "",
            "address": filterset.address(order=_next_order(filterset, column)) or "?",
        }
        for column, label in COLUMNS.items()
    ]


def _next_order(filterset: AnalysisFilterSet, column: str) -> str:
    first, second = (f"-{column}", column) if column in _DESCENDING_FIRST else (column, f"-{column}")
    order = second if filterset.order == first else first
    return "" if order == DEFAULT_ORDER else order


def _current_view(filterset: AnalysisFilterSet, views: list[ListView]) -> str:
    """The key of the view that the list shows, in any order and on any page; "all"; or "" for none."""
    for address in (filterset.address(), filterset.address(order="")):
        if address in ("", "?view=all"):
            return "all"
        for view in views:
            if view.query == address:
                return view.key
    unsorted = filterset.address(order="")
    for view in views:  # one of the system's stays the view, in whichever order
        if view.saved is None and view.query.partition("&order=")[0] == unsorted:
            return view.key
    return ""


def _other_pages(filterset: AnalysisFilterSet) -> dict[str, str]:
    """The addresses of the first, previous, next and last page, as far as there are such."""
    page, keyset, pages = filterset.slice, filterset.keyset, {}
    if page.has_previous and page.rows:
        pages["first"] = filterset.address() or "?"
        pages["previous"] = filterset.address(page=keyset.position(page.rows[0], forward=False))
    if page.has_next:
        pages["next"] = filterset.address(page=keyset.position(page.rows[-1], forward=True))
        pages["last"] = filterset.address(page=LAST)
    return pages

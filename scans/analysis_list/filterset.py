"""What the list of analyses can be narrowed down to, and read from the query string."""

from functools import cached_property

from django import forms
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, MultipleChoiceFilter

from scans.analysis_list.filters import FurtherFilterSet
from scans.analysis_list.keyset import Walk
from scans.analysis_list.ordering import Page, Position
from scans.analysis_list.search import Found, containing, found
from scans.models import Analysis, PersonSettings, StatusCount
from scans.statuses import ANALYSIS_STATUSES, AnalysisStatus, Phase

COLUMNS = {
    "name": _("Name"),
    "status": _("Status"),
    "urls": _("URLs"),
    "findings": _("Findings"),
    "start": _("Start"),
    "duration": _("Duration"),
    "changed": _("Last change"),
}
DEFAULT_ORDER = "-changed"
LAST = "last"  # the last page, in an address
MOST_BY_NUMBER = 20  # pages beyond are reached from page to page: counting to them would cost ever more
_OF_THE_WALK = ("q", "status", "order")
_ORDERS = [(sign + column, label) for column, label in COLUMNS.items() for sign in ("", "-")]
_FIRST_DESCENDING = {"urls", "findings", "start", "duration", "changed"}


class KnownStatusesField(forms.MultipleChoiceField):
    """Takes the codes that exist and passes over the others: one wrong code must not undo the filter."""

    def to_python(self, value):
        """The codes of `value` that are in the catalogue."""
        return [code for code in super().to_python(value) if self.valid_value(code)]


class KnownStatusesFilter(MultipleChoiceFilter):
    """Any of several statuses."""

    field_class = KnownStatusesField


class AnalysisFilterSet(FurtherFilterSet):
    """Find, Filter by Status and the order of the list; whatever is not understood becomes a notice.

    The list shows `page`, rows of `walk`. `qs` is everything that matches, in no order. A further filter is one more
    condition on analyses: it narrows down `found`, and nothing else has to know of it.
    """

    q = CharFilter(method="find", label=_("Find"))
    status = KnownStatusesFilter(choices=AnalysisStatus.choices, label=_("Filter by Status"))
    order = ChoiceFilter(method="sort", choices=_ORDERS)

    class Meta:
        model = Analysis
        fields = []

    def find(self, queryset, name, value):
        """Those with `value` in their name or a target URL."""
        return containing(queryset, value)

    def sort(self, queryset, name, value):
        """Nothing: the order is that of `walk`."""
        return queryset

    @property
    def _cleaned(self) -> dict:
        self.form.is_valid()
        return self.form.cleaned_data

    @property
    def words(self) -> str:
        """What Find looks for."""
        return self._cleaned.get("q") or ""

    @property
    def statuses(self) -> list[str]:
        """The codes that are filtered by, in the catalogue's order."""
        chosen = self._cleaned.get("status") or []
        return [code for code in ANALYSIS_STATUSES if code in chosen]

    @property
    def ordered_by(self) -> str:
        """The column sorted by, `-` for descending."""
        return self._cleaned.get("order") or DEFAULT_ORDER

    @cached_property
    def _asked(self) -> int | str | Position | None:
        """The page asked for: a number, LAST, or where another page ended; None for anything else."""
        text = self.data.get("page") or "1"
        if text == LAST:
            return LAST
        if text.isascii() and text.isdigit() and len(text) < 3:
            return int(text) if 1 <= int(text) <= MOST_BY_NUMBER else None
        return self.walk.parse(text)

    @property
    def page_text(self) -> str:
        """The page as it is in the address; empty for the first."""
        return "" if self._asked in (None, 1) else self.data["page"]

    @cached_property
    def page(self) -> Page:
        """The rows asked for; those of the first page for anything that is no page."""
        size = PersonSettings.of(self.request.user).page_size
        if isinstance(self._asked, Position):
            return self.walk.around(size, self._asked)
        return self.walk.last(size) if self._asked == LAST else self.walk.first(size, self._asked or 1)

    @property
    def versions(self) -> tuple[str, list] | None:
        """What answers with ids and versions of the page's rows, see `Walk.versions`; None where it takes the rows."""
        position = None if self._asked in (None, 1) else self._asked
        if position and not (isinstance(position, Position) and position.forward):
            return None
        return self.walk.versions(PersonSettings.of(self.request.user).page_size, position)

    @cached_property
    def found(self) -> Found:
        """What is to be listed, before it is filtered by status."""
        others = {name: value for name, value in self._cleaned.items() if value and name not in _OF_THE_WALK}
        narrowed = self.queryset
        for name, value in others.items():
            narrowed = self.filters[name].filter(narrowed, value)
        return found(narrowed, self.words) if others or self.words else Found(narrowed, StatusCount.totals)

    @cached_property
    def walk(self) -> Walk:
        """What is to be listed, in its order."""
        column = self.ordered_by.removeprefix("-")
        if column == "findings" and self.request.user.has_perm("scans.review_analysis"):
            column = "findings of reviewers"
        return self.found.walk(column, descending=self.ordered_by[0] == "-", statuses=self.statuses)

    def notices(self) -> list[str]:
        """What in the query string was not understood and therefore passed over."""
        known, data = AnalysisStatus.values, self.data
        notices = [
            _("There is no status “{code}”; it was passed over.").format(code=code)
            for code in data.getlist("status")
            if code not in known
        ]
        if "order" in self.form.errors:
            notices.append(
                _("The list cannot be sorted by “{order}”; the latest changes come first.").format(order=data["order"])
            )
        if "q" in self.form.errors:
            notices.append(_("What was to be found contains characters that no name has; it was passed over."))
        notices += self.further_notices()
        if self._asked is None:
            notices.append(_("There is no page “{page}”; this is the first.").format(page=data["page"]))
        return notices

    @property
    def shown(self) -> int:
        """How many analyses are listed, on all pages; at least so many where not all were counted."""
        counts = self.found.counts
        return sum(counts.get(code, 0) for code in self.statuses or counts)

    @cached_property
    def total(self) -> int:
        """How many analyses there are."""
        whole = self.found.counts if self.found.everything else StatusCount.totals()
        return sum(whole.values())

    def phases(self) -> list[tuple]:
        """The entries of the dropdown by phase: status, how many under the other filters, and whether it is chosen."""
        counts = self.found.counts
        entries = [(status, counts.get(code, 0), code in self.statuses) for code, status in ANALYSIS_STATUSES.items()]
        return [(phase.label, [entry for entry in entries if entry[0].phase == phase]) for phase in Phase]

    def address(self, **changes) -> str:
        """The query string of this list with some parameters changed; it starts at its first page again."""
        order = self.ordered_by if self.ordered_by != DEFAULT_ORDER else ""
        values = {"q": self.words, "status": self.statuses, **self.further, "order": order} | changes
        query = urlencode({name: value for name, value in values.items() if value}, doseq=True)
        return f"?{query}" if query else self._everything

    @property
    def _everything(self) -> str:
        return "?view=all" if PersonSettings.of(self.request.user).default_view else ""

    @property
    def everything(self) -> str:
        """The address of the whole list, which has to be named where the list opens with another view."""
        return self._everything or "?"

    def chips(self) -> list[tuple[str, bool, str]]:
        """What narrows the list down: text, whether it carries a warning, and the address without it."""
        chips = [(f"“{self.words}”", False, self.address(q="") or "?")] if self.words else []
        for code in self.statuses:
            status = ANALYSIS_STATUSES[code]
            others = [other for other in self.statuses if other != code]
            chips.append((status.label, status.warning, self.address(status=others) or "?"))
        return chips + [(text, False, self.address(**{name: ""}) or "?") for name, text in self.further_chips()]

    def address_without_further(self) -> str:
        """The list without any of the further filters."""
        return self.address(**dict.fromkeys(self.further, "")) or "?"

    def address_without_statuses(self) -> str:
        """The list with every status."""
        return self.address(status=[]) or "?"

    def columns(self) -> list[dict]:
        """The heads of the table: what a click sorts by, and how it is sorted now (for aria-sort)."""
        sorted_by = self.ordered_by.removeprefix("-")
        return [
            {
                "name": column,
                "label": label,
                "sorted": ("descending" if self.ordered_by[0] == "-" else "ascending") if column == sorted_by else "",
                "address": self.address(order=self._next_order(column)) or "?",
            }
            for column, label in COLUMNS.items()
        ]

    def _next_order(self, column: str) -> str:
        first, second = (f"-{column}", column) if column in _FIRST_DESCENDING else (column, f"-{column}")
        order = second if self.ordered_by == first else first
        return "" if order == DEFAULT_ORDER else order

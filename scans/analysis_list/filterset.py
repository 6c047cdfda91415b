"""The list of analyses as its query string asks for it: Find, filters, order and page."""

from datetime import timedelta
from functools import cached_property

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import CharFilter, ChoiceFilter, FilterSet

from scans.analysis_list import search
from scans.analysis_list.filters import CHIPS, ME, DayFilter, OwnerFilter, StatusesFilter, start_of
from scans.analysis_list.keyset import Keyset, Position, Slice
from scans.analysis_list.ordering import COLUMNS
from scans.models import Analysis, PersonSettings, StatusCount, UrlScan
from scans.severities import SEVERITIES, SEVERITY_CHOICES, weigh
from scans.statuses import ANALYSIS_STATUSES, SOON_OVER, AnalysisStatus, Phase

DEFAULT_ORDER = "-changed"
LAST = "last"  # the last page, in an address
NUMBERED_PAGES = 20  # further pages are reached from page to page: to count up to them would cost ever more
_SORTABLE = [sign + column for column in COLUMNS for sign in ("", "-")]
_ANY_STATUS = {"status__in": list(ANALYSIS_STATUSES)}  # all of them, so that the indexes by status can answer
STUCK_AFTER = timedelta(minutes=10)
# A worker ends these within minutes, if there is one with room.
_TICKED = [("1", "")]


class AnalysisFilterSet(FilterSet):
    """Find, Filter by Status and the further filters; a value that is not valid is ignored and becomes a notice.

    `qs` is everything that matches, in no order. The list shows it as `slice`: one page of `keyset`. Both apply the
    same filters; the list counts `matches` per status before it filters by status.

    A further filter is a declaration here, a chip, and a field in the template. It must answer along an index where few
    analyses match, on its own or through a condition that follows from it.

    Choices are callables and every label is given, as django-filter allows: both are copied for each request otherwise,
    which a poll would notice.
    """

    q = CharFilter(method="find", label=gettext_lazy("Find"))
    status = StatusesFilter(
        choices=lambda: AnalysisStatus.choices, label=gettext_lazy("Filter by Status"), distinct=False
    )
    owner = OwnerFilter(method="of_owner", max_length=150, label=gettext_lazy("Submitted by"))
    severity = ChoiceFilter(
        method="with_findings",
        choices=lambda: SEVERITY_CHOICES,
        label=gettext_lazy("With findings of at least"),
        empty_label=gettext_lazy("any, or none"),
    )
    started_from = DayFilter(method="started_since", label=gettext_lazy("Started since"))
    started_to = DayFilter(method="started_until", label=gettext_lazy("Started up to"))
    ended_from = DayFilter(method="ended_since", label=gettext_lazy("Ended since"))
    engine = CharFilter(method="scanned_by", max_length=140, label=gettext_lazy("Engine"))
    latest = ChoiceFilter(
        method="latest_runs", choices=lambda: _TICKED, label=gettext_lazy("Only the latest run of each series")
    )
    review = ChoiceFilter(
        method="waiting_for_review", choices=lambda: _TICKED, label=gettext_lazy("Only those that wait for a reviewer")
    )
    stuck = ChoiceFilter(
        method="without_progress", choices=lambda: _TICKED, label=gettext_lazy("Only those that wait without progress")
    )

    class Meta:
        model = Analysis
        fields = []

    def filter_queryset(self, queryset, without=()):
        """As django-filter's own, but leaves out the filters named in `without`."""
        for name, value in self.form.cleaned_data.items():
            if name not in without:
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def find(self, queryset, name, value):
        """Analyses with `value` in their name or a target URL."""
        return search.containing(queryset, value)

    def of_owner(self, queryset, name, value):
        """Analyses that this account submitted."""
        if value == ME:
            return queryset.filter(owner=self.request.user.pk)
        return queryset.filter(owner__in=get_user_model().objects.filter(username=value).values("pk")[:1])

    def with_findings(self, queryset, name, value):
        """Analyses with findings of this severity or worse, counting only findings that this user may see."""
        column = "findings_all" if self._is_reviewer else "findings_shown"
        least = weigh({severity: int(severity == value) for severity in SEVERITIES})
        return queryset.filter(**_ANY_STATUS, **{f"{column}__gte": least})

    def started_since(self, queryset, name, value):
        """Analyses that started on this day or later."""
        return queryset.filter(**_ANY_STATUS, started_at__gte=start_of(value))

    def started_until(self, queryset, name, value):
        """Analyses that started on this day or earlier."""
        return queryset.filter(**_ANY_STATUS, started_at__lt=start_of(value, days_later=1))

    def ended_since(self, queryset, name, value):
        """Analyses that ended on this day or later. Ending is a change, and changes have an index."""
        return queryset.filter(changed_at__gte=start_of(value), ended_at__gte=start_of(value))

    def scanned_by(self, queryset, name, value):
        """Analyses with a URL scan by this engine, or by one version of it: "Wapiti", "Wapiti 3.2"."""
        engine, _blank, version = value.partition(" ")
        scans = UrlScan.objects.filter(engine=engine, **({"engine_version": version} if version else {}))
        few = list(scans.order_by().values_list("analysis_id", flat=True)[: search.COUNT_LIMIT + 1])
        if len(few) <= search.COUNT_LIMIT:
            return queryset.filter(pk__in=set(few)) if few else queryset.none()
        return queryset.filter(Exists(scans.filter(analysis=OuterRef("pk"))))

    def latest_runs(self, queryset, name, value):
        """Analyses that no later run of their series has replaced."""
        return queryset.latest_runs()

    def waiting_for_review(self, queryset, name, value):
        """Analyses whose results wait for a reviewer to publish them."""
        return queryset.waiting_for_review()

    def without_progress(self, queryset, name, value):
        """Analyses that a worker should have taken minutes ago."""
        return queryset.filter(status__in=SOON_OVER, changed_at__lte=timezone.now() - STUCK_AFTER)

    @property
    def _is_reviewer(self) -> bool:
        return self.request.user.has_perm("scans.review_analysis")

    @cached_property
    def _checked(self) -> tuple[dict, dict]:
        """The valid values by filter, and the errors by filter.

        Without a filter in the query string both are empty, and no form is built: it would cost a poll more than the
        database does.
        """
        if self.filters.keys().isdisjoint(self.data):
            return {}, {}
        errors = self.form.errors  # checks the form
        return self.form.cleaned_data, errors

    @property
    def _cleaned(self) -> dict:
        return self._checked[0]

    @property
    def words(self) -> str:
        """The text in Find."""
        return self._cleaned.get("q") or ""

    @cached_property
    def statuses(self) -> list[str]:
        """The codes in Filter by Status, in the catalogue's order."""
        chosen = self._cleaned.get("status") or []
        return [code for code in ANALYSIS_STATUSES if code in chosen]

    @cached_property
    def further(self) -> dict[str, str]:
        """The further filters that are set, as the query string writes them."""
        values = {name: self._cleaned.get(name) for name in CHIPS}
        return {name: str(value) for name, value in values.items() if value}

    @cached_property
    def order(self) -> str:
        """The column to sort by; `-` in front for descending."""
        order = self.data.get("order")
        return order if order in _SORTABLE else DEFAULT_ORDER

    @cached_property
    def matches(self) -> search.Matches:
        """The analyses that every filter but the one by status leaves."""
        if not self.words and not self.further:
            return search.Matches(self.queryset, StatusCount.totals)
        return search.find(self.filter_queryset(self.queryset, without=("q", "status")), self.words)

    @cached_property
    def keyset(self) -> Keyset:
        """Everything that the list shows, in its order."""
        column = self.order.removeprefix("-")
        if column == "findings" and self._is_reviewer:
            column = "findings of reviewers"
        return self.matches.keyset(column, descending=self.order[0] == "-", statuses=self.statuses)

    @cached_property
    def _page(self) -> int | str | Position | None:
        """The page to show: a number, LAST, or a position beside another page; None for anything else."""
        text = self.data.get("page") or "1"
        if text == LAST:
            return LAST
        if text.isascii() and text.isdigit() and len(text) < 3:
            return int(text) if 1 <= int(text) <= NUMBERED_PAGES else None
        return self.keyset.parse(text)

    @property
    def page_text(self) -> str:
        """The page as an address holds it; empty for the first."""
        return "" if self._page in (None, 1) else self.data["page"]

    @property
    def page_size(self) -> int:
        """How many rows a page has, as the person set it."""
        return PersonSettings.of(self.request.user).page_size

    @cached_property
    def slice(self) -> Slice:
        """The rows of the page; of the first page where the query string names none."""
        if isinstance(self._page, Position):
            return self.keyset.beside(self.page_size, self._page)
        if self._page == LAST:
            return self.keyset.last(self.page_size)
        return self.keyset.first(self.page_size, self._page or 1)

    @property
    def versions_sql(self) -> tuple[str, list] | None:
        """SQL for the ids and versions of the page's rows (see `Keyset`); None where it takes the rows themselves."""
        position = None if self._page in (None, 1) else self._page
        if position and not (isinstance(position, Position) and position.forward):
            return None
        return self.keyset.versions_sql(self.page_size, position)

    def ignored(self) -> list[tuple[str, str, str]]:
        """Each value of the query string that is not valid: its name, itself, and a sentence that says so."""
        data = self.data
        wrong = [("status", code) for code in data.getlist("status") if code not in AnalysisStatus.values]
        if data.get("order") and data["order"] not in _SORTABLE:
            wrong.append(("order", data["order"]))
        errors = self._checked[1]
        wrong += [(name, data[name]) for name in errors if name != "q"]
        text = _("Ignored “%(value)s”: not a valid value for “%(name)s”.")
        found = [(name, value, text % {"value": value, "name": name}) for name, value in wrong]
        if "q" in errors:
            found.append(("q", data["q"], _("Ignored the text to find: it contains characters that no name has.")))
        if self._page is None:
            page = data["page"]
            found.append(("page", page, _("There is no page “{page}”. This is the first page.").format(page=page)))
        return found

    def notices(self) -> list[str]:
        """One sentence for each value of the query string that is not valid and was ignored."""
        return [text for _name, _value, text in self.ignored()]

    @cached_property
    def _shown(self) -> tuple[int, bool]:
        """How many analyses the list has on all pages, and whether these are all; if not, there are more.

        Where `matches` counted only some: the rows of the only page are all; otherwise those in the chosen statuses are
        counted, up to a limit. With frequent words that would take long: then only the rows on the page are sure.
        """
        counts = self.matches.counts
        counted = sum(counts.get(code, 0) for code in self.statuses or counts)
        if self.matches.exact:
            return counted, True
        page = self.slice
        if not (page.has_previous or page.has_next):
            return len(page.rows), True
        if self.statuses and not self.words:
            chosen = self.matches.analyses.filter(status__in=self.statuses).order_by()
            found = len(chosen.values_list("pk")[: search.COUNT_LIMIT + 1])
            return min(found, search.COUNT_LIMIT), found <= search.COUNT_LIMIT
        return max(counted, len(page.rows)), False

    @property
    def shown(self) -> int:
        """How many analyses the list has on all pages; at least so many where `shown_exactly` is False."""
        return self._shown[0]

    @property
    def shown_exactly(self) -> bool:
        """Whether the list has no more analyses than `shown`."""
        return self._shown[1]

    @cached_property
    def total(self) -> int:
        """How many analyses there are."""
        counts = self.matches.counts if self.matches.are_everything else StatusCount.totals()
        return sum(counts.values())

    def phases(self) -> list[tuple]:
        """The entries of Filter by Status by phase: each a status, its count under the other filters, and if chosen."""
        counts = self.matches.counts
        entries = [(status, counts.get(code, 0), code in self.statuses) for code, status in ANALYSIS_STATUSES.items()]
        return [(phase.label, [entry for entry in entries if entry[0].phase == phase]) for phase in Phase]

    def address(self, **changes) -> str:
        """The query string of this list, on its first page, with some parameters changed; empty for the whole list."""
        order = self.order if self.order != DEFAULT_ORDER else ""
        values = {"q": self.words, "status": self.statuses, **self.further, "order": order} | changes
        query = urlencode({name: value for name, value in values.items() if value}, doseq=True)
        if query:
            return f"?{query}"
        # A list that opens with another view needs an address for the whole list.
        return "?view=all" if PersonSettings.of(self.request.user).default_view else ""

"""What the parts of one analysis can be narrowed down to: its URL scans, its activity log and its findings."""

from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet

from scans.models import ActivityLogEntry, CrawledUrl, Finding, Mark, Replay, UrlScan
from scans.severities import SEVERITY_CHOICES
from scans.statuses import URL_SCAN_STATUSES, Phase, in_phase


def whole_number(text: str) -> int | None:
    """The number that a query string's value spells; None for anything that is no number of a row."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class UrlScanFilterSet(FilterSet):
    """The URL scans of one analysis by the phase of their status."""

    urls = ChoiceFilter(method="in_phase", choices=Phase.choices)

    class Meta:
        model = UrlScan
        fields = []

    def in_phase(self, queryset, name, value):
        """Only those whose status belongs to this phase."""
        return queryset.filter(status__in=in_phase(URL_SCAN_STATUSES, value))

    @property
    def phase(self) -> str:
        """The phase chosen; empty for all, and for what is none."""
        return self.form.cleaned_data.get("urls", "") if self.form.is_valid() else ""


class ActivityLogFilterSet(FilterSet):
    """The activity log by URL and by kind, and from an entry back."""

    log_url = ChoiceFilter(field_name="url_scan_id", label=_("URL"), empty_label=_("Every URL"))
    log_kind = ChoiceFilter(
        method="kind",
        label=_("Kind"),
        empty_label=_("Everything"),
        choices=[
            ("status", _("Changes of status")),
            ("people", _("What people did")),
            ("system", _("What the system did")),
            ("refused", _("What was refused")),
        ],
    )
    before = CharFilter(method="older")

    class Meta:
        model = ActivityLogEntry
        fields = []

    def __init__(self, *args, urls: list[tuple[str, str]], **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["log_url"].extra["choices"] = self.urls = urls

    def kind(self, queryset, name, value):
        """Only entries of this kind."""
        return queryset.of_kind(value)

    def older(self, queryset, name, value):
        """Return only the entries before this one; ignore anything that is not a number."""
        number = whole_number(value)
        return queryset if number is None else queryset.filter(pk__lt=number)

    @property
    def shown(self) -> int:
        """How many entries were asked for; 0 for no wish."""
        return whole_number(self.data.get("entries", "")) or 0


class CoverageFilterSet(FilterSet):
    """The addresses that a scan came across by what stands in them, how far it came, and how the site answered."""

    q = CharFilter(field_name="url", lookup_expr="icontains", label=_("Text"))
    reach = ChoiceFilter(choices=CrawledUrl.Reach.choices, empty_label=_("However far"))
    answer = ChoiceFilter(
        method="answered",
        label=_("Answer"),
        empty_label=_("Every answer"),
        choices=[*((str(first), f"{first}xx") for first in range(2, 6)), ("0", _("None"))],
    )

    class Meta:
        model = CrawledUrl
        fields = []

    def answered(self, queryset, name, value):
        """Those whose answer's status begins with this digit; 0 for those without an answer."""
        first = int(value) * 100
        return queryset.filter(answer__range=(first, first + 99))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was asked for."""
        return any(self.data.get(name) for name in self.filters)


class FindingFilterSet(FilterSet):
    """Findings by what they are, what the replay showed, what a reviewer decided, and whether they are new.

    Takes findings that are `marked` and `compared_with` an earlier run.
    """

    q = CharFilter(method="find", label=_("Text"))
    severity = ChoiceFilter(choices=SEVERITY_CHOICES, label=_("Severity"), empty_label=_("Every severity"))
    category = ChoiceFilter(label=_("Category"), empty_label=_("Every category"))
    replay = ChoiceFilter(choices=Replay.choices, label=_("Replay"), empty_label=_("Every outcome"))
    mark = ChoiceFilter(choices=Mark.choices, label=_("Mark"), empty_label=_("Every mark"))
    since = ChoiceFilter(
        method="changed",
        label=_("Since the run before"),
        empty_label=_("New or not"),
        choices=[("new", _("New")), ("still", _("Still there"))],
    )
    group = ChoiceFilter(
        method="grouped",
        label=_("Group"),
        empty_label=_("No groups"),
        choices=[("category", _("By category")), ("url", _("By address"))],
    )

    class Meta:
        model = Finding
        fields = []

    def __init__(self, *args, categories: list[str], **kwargs):
        super().__init__(*args, **kwargs)
        self.filters["category"].extra["choices"] = [(category, category) for category in categories]

    def find(self, queryset, name, value):
        """Those with `value` in one of their texts."""
        return queryset.found_by(value)

    def changed(self, queryset, name, value):
        """Those that the earlier run had not, or had."""
        return queryset.filter(is_new=value == "new")

    def grouped(self, queryset, name, value):
        """Those of a group one after the other."""
        return queryset.grouped_by(value)

    @property
    def grouping(self) -> str:
        """The column that groups them; empty for none."""
        return self.form.cleaned_data.get("group", "") if self.form.is_valid() else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the grouping was asked for."""
        return any(self.data.get(name) for name in self.filters if name != "group")

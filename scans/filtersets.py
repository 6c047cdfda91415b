"""Filters for the parts of one analysis: URL scans, activity log, coverage and findings."""

import re
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.db.models import TextField, Value
from django.db.models.functions import Concat
from django.forms import DateInput
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet

from scans.models import ActivityLogEntry, CrawledUrl, Finding, Mark, Replay, SecurityEvent, UrlScan
from scans.reasons.security import KINDS, SENTENCES
from scans.severities import SEVERITY_CHOICES
from scans.statuses import URL_SCAN_STATUSES, Phase, in_phase


def whole_number(text: str) -> int | None:
    """Return the row number in a value of a query string; None if the value is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


class UrlScanFilterSet(FilterSet):
    """Filters URL scans by the phase of their status."""

    urls = ChoiceFilter(method="in_phase", choices=Phase.choices)

    class Meta:
        model = UrlScan
        fields = []

    def in_phase(self, queryset, name, value):
        """Keep the URL scans whose status belongs to this phase."""
        return queryset.filter(status__in=in_phase(URL_SCAN_STATUSES, value))

    @property
    def phase(self) -> str:
        """The phase that is filtered by; empty for all, and if the value is not a phase."""
        return self.form.cleaned_data.get("urls", "") if self.form.is_valid() else ""


class ActivityLogFilterSet(FilterSet):
    """Filters the activity log by URL and by kind, and continues it before an entry. `urls` are the choices of URLs."""

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
        return queryset.of_kind(value)

    def older(self, queryset, name, value):
        """Keep entries before this one. Ignores anything that is not a number."""
        number = whole_number(value)
        return queryset if number is None else queryset.filter(pk__lt=number)

    @property
    def shown(self) -> int:
        """How many entries the address asks for; 0 if it does not say."""
        return whole_number(self.data.get("entries", "")) or 0


class _Day(DateInput):
    """A field for a day, with the browser's own calendar."""

    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


def _in_short(code: str) -> str:
    """The sentence of an event without its facts, in the language in force."""
    text = re.sub(r"\{\w+\}( \{\w+\})*", "…", str(SENTENCES[code]))
    return capfirst(re.sub(r"(: …( → …)?| \(…\))$", "", text))


def _events() -> list[tuple[str, list[tuple[str, str]]]]:
    """The events, each beneath its kind."""
    kinds = {code: code.partition(".")[0] for code in SENTENCES}
    return [
        (label, [(code, lazy(_in_short, str)(code)) for code in SENTENCES if kinds[code] == kind])
        for kind, label in KINDS.items()
    ]


class SecurityLogFilterSet(FilterSet):
    """Filters the security log by kind, event, exact names and days.

    Days become positions in the log, which is in the order of time. Of the other filters, the one that usually finds
    least reads along its index, and the others only check its rows: a database would choose among the indexes blindly.
    """

    subject = CharFilter(method="exactly", label=_("Subject"))
    who = CharFilter(method="exactly", label=_("User"))
    address = CharFilter(method="exactly", label=_("Address"))
    event = ChoiceFilter(
        method="exactly",
        choices=_events(),
        label=_("Event"),
        empty_label=_("Every event"),
    )
    kind = ChoiceFilter(method="exactly", choices=list(KINDS.items()), label=_("Kind"), empty_label=_("Everything"))
    since = DateFilter(method="from_day", label=_("From day"), widget=_Day)
    until = DateFilter(method="to_day", label=_("To day"), widget=_Day)

    class Meta:
        model = SecurityEvent
        fields = []

    def exactly(self, queryset, name, value):
        """Keep the events that have this value in this column."""
        given = self.form.cleaned_data
        if name == next(each for each in ("subject", "who", "address", "event", "kind") if given.get(each)):
            return queryset.filter(**{name: value})
        without_index = {f"{name}_text": Concat(name, Value(""), output_field=TextField())}
        return queryset.alias(**without_index).filter(**{f"{name}_text": value})

    def from_day(self, queryset, name, value):
        """Keep the events of this day and later, in the time zone of whoever reads."""
        first = SecurityEvent.objects.filter(at__gte=_midnight(value)).order_by("at", "pk").first()
        return queryset.filter(pk__gte=first.pk) if first else queryset.none()

    def to_day(self, queryset, name, value):
        """Keep the events of this day and earlier."""
        try:
            end = _midnight(value + timedelta(days=1))
        except OverflowError:  # the last day that there is
            return queryset
        last = SecurityEvent.objects.filter(at__lt=end).order_by("-at", "-pk").first()
        return queryset.filter(pk__lte=last.pk) if last else queryset.none()

    @property
    def position(self) -> dict[str, int | None]:
        """The events before and after which the page is; None for each that the address does not say."""
        return {name: whole_number(self.data.get(name, "")) for name in ("before", "after")}

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(self.data.get(name) for name in self.filters)

    def query(self) -> str:
        """The query string of the filter, without the page."""
        return urlencode({name: self.data[name] for name in self.filters if self.data.get(name)})


def _midnight(day: date) -> datetime:
    """The beginning of a day in the time zone in force."""
    return timezone.make_aware(datetime.combine(day, time.min))


class CoverageFilterSet(FilterSet):
    """Filters the addresses of a scan by text, by how far the scan got, and by the site's answer."""

    q = CharFilter(field_name="url", lookup_expr="icontains", label=_("Text"))
    reach = ChoiceFilter(choices=CrawledUrl.Reach.choices, empty_label=_("Any depth reached"))
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
        """Keep addresses whose HTTP status begins with this digit; 0 keeps those without an answer."""
        first = int(value) * 100
        return queryset.filter(answer__range=(first, first + 99))

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set."""
        return any(self.data.get(name) for name in self.filters)


class FindingFilterSet(FilterSet):
    """Filters findings by text, severity, category, replay and mark, and by whether they are new; and groups them.

    The queryset has to be `marked` and `compared_with` an earlier run.
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
        return queryset.found_by(value)

    def changed(self, queryset, name, value):
        """Keep findings that the earlier run did not have ("new"), or had ("still")."""
        return queryset.filter(is_new=value == "new")

    def grouped(self, queryset, name, value):
        return queryset.grouped_by(value)

    @property
    def grouping(self) -> str:
        """The field by which findings are grouped; empty for none."""
        return self.form.cleaned_data.get("group", "") if self.form.is_valid() else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter besides the grouping is set."""
        return any(self.data.get(name) for name in self.filters if name != "group")

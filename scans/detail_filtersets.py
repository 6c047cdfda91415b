"""What the parts of one analysis can be narrowed down to: its URL scans, its activity log and its findings."""

from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, FilterSet

from scans.models import ActivityLogEntry, Finding, Mark, Replay, UrlScan
from scans.models.finding import SEVERITIES
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
        """Only entries before this one; anything that is no number is passed over."""
        number = whole_number(value)
        return queryset if number is None else queryset.filter(pk__lt=number)

    @property
    def shown(self) -> int:
        """How many entries were asked for; 0 for no wish."""
        return whole_number(self.data.get("entries", "")) or 0


class FindingFilterSet(FilterSet):
    """The findings of one URL scan by severity, by what the replay showed and by what a reviewer decided."""

    severity = ChoiceFilter(choices=SEVERITIES, empty_label="Every severity")
    replay = ChoiceFilter(choices=Replay.choices, label="Replay", empty_label="Every outcome")
    mark = ChoiceFilter(choices=Mark.choices, label="Mark", empty_label="Every mark")

    class Meta:
        model = Finding
        fields = []

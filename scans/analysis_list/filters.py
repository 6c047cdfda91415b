"""What the list can be narrowed down to besides Find and status: each a parameter, a condition and a chip.

No condition may read all analyses where few match: each goes along an index, on its own or with the help of a
condition that follows from it.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta
from functools import cache, cached_property

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_filters import CharFilter, ChoiceFilter, Filter, FilterSet

from scans.analysis_list.ordering import YEARS
from scans.analysis_list.search import COUNTED_AT_MOST
from scans.models import Analysis, UrlScan
from scans.severities import SEVERITIES, weigh
from scans.severities import SEVERITY_CHOICES as SEVERITY_CHOICES
from scans.statuses import ANALYSIS_STATUSES

TODAY, ME = "today", "me"
MOST_OFFERED = 200  # submitters; the others can be typed
_ANY_STATUS = {"status__in": list(ANALYSIS_STATUSES)}  # the indexes by status serve what is meant of all


class DayField(forms.DateField):
    """A date, or `today`, which stays so: a saved view of today shows another day tomorrow."""

    def to_python(self, value):
        """A date, the word, or None."""
        if value == TODAY:
            return TODAY
        day = super().to_python(value)
        if day and day.year not in YEARS:
            raise ValidationError(self.error_messages["invalid"])
        return day


class DayFilter(Filter):
    """A day in the person's time zone."""

    field_class = DayField


class OwnerField(forms.CharField):
    """The name of an account, or `me`."""

    def clean(self, value):
        """The name; refuse who does not exist."""
        name = super().clean(value)
        if name and name != ME and not get_user_model().objects.filter(username=name).exists():
            raise ValidationError(_("There is nobody of this name."))
        return name


class OwnerFilter(CharFilter):
    """Who submitted it."""

    field_class = OwnerField


def _day(value: date | str) -> date:
    return timezone.localdate() if value == TODAY else value


def begin_of(day: date) -> datetime:
    """The first moment of a day in the person's time zone."""
    return timezone.make_aware(datetime(day.year, day.month, day.day))


class FurtherFilterSet(FilterSet):
    """The further filters; AnalysisFilterSet adds Find, status and order."""

    owner = OwnerFilter(method="of_owner", max_length=150)
    severity = ChoiceFilter(method="with_findings", choices=SEVERITY_CHOICES)
    started_from = DayFilter(method="started_since")
    started_to = DayFilter(method="started_until")
    ended_from = DayFilter(method="ended_since")
    engine = CharFilter(method="scanned_by", max_length=140)
    latest = ChoiceFilter(method="latest_runs", choices=[("1", "")])
    review = ChoiceFilter(method="waiting_for_review", choices=[("1", "")])

    def __init__(self, data: QueryDict, queryset: QuerySet, *, request: HttpRequest):
        # Instead of django-filter's own, which copies every filter each time: see `filters`.
        self.is_bound, self.data, self.form_prefix = True, data, None
        self.queryset, self.request = queryset, request

    @cached_property
    def filters(self) -> dict[str, Filter]:
        """The filters of this one, made where one of them is asked for: to make them costs as much as a query."""
        filters = deepcopy(self.base_filters)
        for each in filters.values():
            each.model, each.parent = self.queryset.model, self
        return filters

    def get_form_class(self) -> type[forms.Form]:
        """The form that reads the query string: one for all requests, since to make its fields takes longer than to ask
        the database what a poll asks."""
        return _form_class(type(self))

    def of_owner(self, queryset, name, value):
        """Those that this account submitted."""
        if value == ME:
            return queryset.filter(owner=self.request.user.pk)
        return queryset.filter(owner__in=get_user_model().objects.filter(username=value).values("pk")[:1])

    def with_findings(self, queryset, name, value):
        """Those with findings of this severity or worse, among those that this user may see."""
        column = "findings_all" if self.request.user.has_perm("scans.review_analysis") else "findings_shown"
        least = weigh({severity: int(severity == value) for severity in SEVERITIES})
        return queryset.filter(**_ANY_STATUS, **{f"{column}__gte": least})

    def started_since(self, queryset, name, value):
        """Those that started on this day or later."""
        return queryset.filter(**_ANY_STATUS, started_at__gte=begin_of(_day(value)))

    def started_until(self, queryset, name, value):
        """Those that started on this day or earlier."""
        return queryset.filter(**_ANY_STATUS, started_at__lt=begin_of(_day(value) + timedelta(days=1)))

    def ended_since(self, queryset, name, value):
        """Those that ended on this day or later; what ended changed then."""
        begin = begin_of(_day(value))
        return queryset.filter(changed_at__gte=begin, ended_at__gte=begin)

    def scanned_by(self, queryset, name, value):
        """Those of which this engine, perhaps in one version, scanned a URL."""
        engine, _blank, version = value.partition(" ")
        scans = UrlScan.objects.filter(engine=engine, **({"engine_version": version} if version else {}))
        few = list(scans.order_by().values_list("analysis_id", flat=True)[: COUNTED_AT_MOST + 1])
        if len(few) <= COUNTED_AT_MOST:
            return queryset.filter(pk__in=set(few))
        return queryset.filter(Exists(scans.filter(analysis=OuterRef("pk"))))

    def latest_runs(self, queryset, name, value):
        """Those that no later run of their series has replaced."""
        return queryset.latest_runs()

    def waiting_for_review(self, queryset, name, value):
        """Those whose results a reviewer is to publish."""
        return queryset.waiting_for_review()

    @property
    def further(self) -> dict[str, str]:
        """The further filters that are in force, as the query string has them."""
        self.form.is_valid()
        values = {name: self.form.cleaned_data.get(name) for name in CHIPS}
        return {name: str(value) for name, value in values.items() if value}

    def further_chips(self) -> list[tuple[str, str]]:
        """Of each in force: its name, and how its chip reads."""
        return [(name, CHIPS[name](value)) for name, value in self.further.items()]

    def further_notices(self) -> list[str]:
        """What of them was not understood and therefore passed over."""
        wrong = [name for name in CHIPS if name in self.form.errors]
        return [
            _("“%(value)s” is nothing that “%(name)s” can be; it was passed over.")
            % {"value": self.data.get(name), "name": name}
            for name in wrong
        ]

    @staticmethod
    def severities() -> list[tuple[str, str]]:
        """Severities to choose from, worst first."""
        return SEVERITY_CHOICES


@cache
def _form_class(filterset: type[FilterSet]) -> type[forms.Form]:
    fields = {name: each.field for name, each in filterset.base_filters.items()}
    form_class = type(f"{filterset.__name__}Form", (forms.Form,), fields)
    form_class.base_fields = _Shared(form_class.base_fields)
    return form_class


class _Shared(dict):
    """Fields that no form changes, so that none needs a copy: to make it took as long as all else that a form does."""

    def __deepcopy__(self, memo: dict) -> "_Shared":
        return self


def submitters() -> list[str]:
    """Whom one can choose from: the names of accounts that submitted something."""
    submitted = Analysis.objects.filter(owner=OuterRef("pk"))
    people = get_user_model().objects.filter(Exists(submitted)).order_by("username")
    return list(people.values_list("username", flat=True)[:MOST_OFFERED])


def _written(day: str) -> str:
    return _("today") if day == TODAY else date_format(date.fromisoformat(day), "j F Y")


# How each reads where it is in force.
CHIPS: dict[str, Callable[[str], str]] = {
    "owner": lambda name: _("submitted by me") if name == ME else _("submitted by %s") % name,
    "severity": lambda severity: _("%s or worse") % _(severity.capitalize()),
    "started_from": lambda day: _("started since %s") % _written(day),
    "started_to": lambda day: _("started up to %s") % _written(day),
    "ended_from": lambda day: _("ended since %s") % _written(day),
    "engine": lambda engine: engine,
    "latest": lambda value: _("latest runs only"),
    "review": lambda value: _("waiting for a reviewer"),
}

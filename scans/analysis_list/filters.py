"""The filters of the list that django-filter does not have, and the texts of the removable chips."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_filters import CharFilter, Filter, MultipleChoiceFilter

from scans.analysis_list.ordering import YEARS
from scans.models import Analysis

TODAY, ME = "today", "me"
SUBMITTERS_OFFERED = 200  # the others can be typed


class StatusesField(forms.MultipleChoiceField):
    """Takes the codes that exist and ignores the others: one wrong code must not undo the filter."""

    def to_python(self, value):
        """The codes of `value` that are in the catalogue."""
        return [code for code in super().to_python(value) if self.valid_value(code)]


class StatusesFilter(MultipleChoiceFilter):
    """One or several statuses."""

    field_class = StatusesField


class DayField(forms.DateField):
    """A date, or the word `today`, which a saved view keeps: tomorrow it shows another day."""

    def to_python(self, value):
        """A date, the word, or None. Raises ValidationError."""
        if value == TODAY:
            return TODAY
        day = super().to_python(value)
        if day and day.year not in YEARS:
            raise ValidationError(self.error_messages["invalid"])
        return day


class DayFilter(Filter):
    """A day in the user's time zone."""

    field_class = DayField


class OwnerField(forms.CharField):
    """The name of an account, or `me`."""

    def clean(self, value):
        """The name. Raises ValidationError if no account has it; one query."""
        name = super().clean(value)
        if name and name != ME and not get_user_model().objects.filter(username=name).exists():
            raise ValidationError(_("There is no account with this name."))
        return name


class OwnerFilter(CharFilter):
    """The account that submitted the analysis."""

    field_class = OwnerField


def start_of(day: date | str, days_later: int = 0) -> datetime:
    """The first moment of a day, or of `today`, in the user's time zone; or of the day so many days later."""
    day = (timezone.localdate() if day == TODAY else day) + timedelta(days=days_later)
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def submitters() -> list[str]:
    """The names of the accounts that submitted an analysis, for the filter to offer; one query."""
    submitted = Analysis.objects.filter(owner=OuterRef("pk"))
    accounts = get_user_model().objects.filter(Exists(submitted)).order_by("username")
    return list(accounts.values_list("username", flat=True)[:SUBMITTERS_OFFERED])


def _date(day: str) -> str:
    return _("today") if day == TODAY else date_format(date.fromisoformat(day), pgettext("a date", "j F Y"))


# The text of the chip for each filter under "More filters".
CHIPS: dict[str, Callable[[str], str]] = {
    "owner": lambda name: _("submitted by me") if name == ME else _("submitted by %s") % name,
    "severity": lambda severity: _("%s or worse") % _(severity.capitalize()),
    "started_from": lambda day: _("started since %s") % _date(day),
    "started_to": lambda day: _("started up to %s") % _date(day),
    "ended_from": lambda day: _("ended since %s") % _date(day),
    "engine": lambda engine: engine,
    "latest": lambda value: _("latest runs only"),
    "review": lambda value: _("waiting for a reviewer"),
    "stuck": lambda value: _("without progress for 10 minutes"),
}

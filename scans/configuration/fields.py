"""Form fields for lengths of time and moments."""

import re
from datetime import UTC, datetime, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=25)
_UNITS = {"": "minutes", "m": "minutes", "h": "hours", "d": "days"}


def invalid(text: str, /, **facts) -> ValidationError:
    """Return the error that refuses what a person typed; `facts` fill in the text."""
    return ValidationError(text.format(**facts))


class LengthInput(forms.MultiWidget):
    """A number and its unit. A text with a unit of its own, such as 90m, is taken as it is: programs send it."""

    def __init__(self):
        units = [("m", _("minutes")), ("h", _("hours")), ("d", _("days"))]
        unit = forms.Select(choices=units, attrs={"aria-label": _("Unit"), "data-unit": True})
        super().__init__({"": forms.TextInput(attrs={"autocomplete": "off"}), "unit": unit})

    def decompress(self, value: str | None) -> list[str]:
        """Return number and unit: the largest unit that needs no fraction, but hours up to two days."""
        text = (value or "").strip()
        match = re.fullmatch(r"([0-9]{1,6}) ?([mhd]?)", text.lower())
        if not match:
            return [text, "m"]
        minutes = int(match[1]) * {"": 1, "m": 1, "h": 60, "d": 1440}[match[2]]
        if minutes % 60 or not minutes:
            return [str(minutes), "m"]
        return [str(minutes // 1440), "d"] if minutes > 2880 and not minutes % 1440 else [str(minutes // 60), "h"]

    def value_from_datadict(self, data, files, name: str) -> str:
        """Return both as one text."""
        number, unit = ((part or "").strip() for part in super().value_from_datadict(data, files, name))
        return f"{number}{unit}" if re.fullmatch("[0-9]+", number) else number

    def get_context(self, name: str, value, attrs: dict | None) -> dict:
        """Give the number the id of the field, which its label and the list of errors lead to."""
        context = super().get_context(name, value, attrs)
        number, unit = context["widget"]["subwidgets"]
        number["attrs"]["id"], unit["attrs"]["id"] = attrs["id"], f"{attrs['id']}_unit"
        return context

    def id_for_label(self, id_: str) -> str:
        return id_


class LengthOfTimeField(forms.CharField):
    """A length of time as minutes, or as text such as 90m, 8h or 2d; cleans to a timedelta."""

    def to_python(self, value):
        """The timedelta; None where nothing was typed."""
        text = (super().to_python(value) or "").strip().lower()
        if not text:
            return None
        match = re.fullmatch(r"([0-9]{1,6}) ?([mhd]?)", text)
        if not match:
            raise invalid(_("“{text}” is not a length of time: write minutes, or 90m, 8h or 2d."), text=text)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


class DurationField(LengthOfTimeField):
    """A length of time between a minute and 25 days."""

    def clean(self, value):
        """The timedelta, None where nothing was typed; refuses what is out of range, as it was typed."""
        duration = super().clean(value)
        if duration is not None and not SHORTEST <= duration <= LONGEST:
            raise invalid(_("“{duration}” is out of range: 1 minute to 25 days."), duration=value)
        return duration


class StartField(forms.DateTimeField):
    """A moment; as wall-clock time, where the clocks are set back and it comes twice, the first as in recurrences."""

    def to_python(self, value):
        """The aware moment; refuses a time that the clocks skip."""
        try:
            return super().to_python(value)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
            wall, zone = error.params["datetime"], error.params["current_timezone"]
        moment = wall.replace(tzinfo=zone)
        if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
            text = _("{start} is skipped there, as the clocks are set forward: choose an earlier or later time.")
            raise invalid(text, start=written(wall))
        return moment


def written(moment: datetime) -> str:
    """A local moment as an error names it."""
    return f"{moment:%Y-%m-%d %H:%M} {timezone.get_current_timezone_name()}"

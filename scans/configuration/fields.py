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

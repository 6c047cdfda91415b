"""The part of a submission that says when: start, recurrence, blackout windows."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scans.forms.fields import StartField, written
from scans.models import BlackoutWindow
from scans.models.blackout_window import validate_time_zone
from scans.schedule.blackouts import EXAMPLES, Blackouts, parse_all
from scans.schedule.recurrence import Recurrence, Unit, starts

MAX_DAYS_AHEAD = 90


MOST_RUNS = 10_000


class ScheduleForm(forms.Form):
    """When a new analysis starts, whether it repeats, and when it may not scan."""

    start_at = StartField(
        label=_("Start"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=format_lazy(
            _("In the time zone below, at most {days} days ahead. Leave it empty to start at once."),
            days=MAX_DAYS_AHEAD,
        ),
        error_messages={"invalid": _("This is not a date and time such as 2030-01-31T22:00.")},
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        required=False,
        initial=lambda: str(timezone.get_current_timezone()),  # the person's own
        max_length=64,
        validators=[validate_time_zone],
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("In which the start and the windows below are meant, such as Europe/Berlin."),
    )
    repeat = forms.ChoiceField(
        label=_("Repeat"),
        required=False,
        choices=[("", _("No: once")), *Unit.choices],
        help_text=_("Each run is a new analysis."),
    )
    every = forms.IntegerField(
        label=_("Every … weeks or months"), required=False, min_value=1, initial=1, help_text=_("1 means each.")
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On (weekly)"),
        required=False,
        coerce=int,
        choices=WEEKDAYS.items(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None means the weekday of the start."),
    )
    day_of_month = forms.IntegerField(
        label=_("On day (monthly)"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=_("28 and above mean the last day of the month; empty means the day of the start."),
    )
    ends_after = forms.IntegerField(
        label=_("Ends after … runs"), required=False, min_value=1, max_value=MOST_RUNS, help_text=_("Or never.")
    )
    ends_on = forms.DateField(
        label=_("Ends on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    blackout = forms.CharField(
        label=_("Blackout windows"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "Mon-Fri 08:00-18:00"}),
        help_text=format_lazy(
            _("When this analysis may not scan, one window to a line: it pauses before and goes on after. {examples}."),
            examples="; ".join(EXAMPLES),
        ),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            hints = [f"id_{name}_{part}" for part in ("help", "error") if part == "error" or field.help_text]
            field.widget.attrs["aria-describedby"] = " ".join(hints)

    def full_clean(self) -> None:
        """Check everything; the start as wall-clock time in the zone that was chosen."""
        name = self.data.get("time_zone", "").strip() if self.is_bound else ""
        with timezone.override(ZoneInfo(name) if name in available_timezones() else UTC):
            super().full_clean()

    def clean_time_zone(self) -> str:
        """UTC where nothing was typed."""
        return self.cleaned_data["time_zone"] or "UTC"

    def clean_start_at(self):
        """A moment in the next 90 days."""
        start_at, now = self.cleaned_data["start_at"], timezone.now()
        # The field has no seconds: the running minute is not the past.
        if start_at and start_at < now - timedelta(minutes=1):
            raise ValidationError(
                _("{start} is in the past; it is {now}.").format(
                    start=written(start_at), now=written(timezone.localtime(now))
                )
            )
        if start_at and start_at > now + timedelta(days=MAX_DAYS_AHEAD):
            raise ValidationError(
                _("{start} is more than {days} days ahead.").format(start=written(start_at), days=MAX_DAYS_AHEAD)
            )
        return start_at

    def clean_blackout(self) -> str:
        """The windows as they are written properly, leaving some time in which to scan."""
        try:
            windows = parse_all(self.cleaned_data["blackout"])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return "\n".join(map(str, windows))

    def clean(self):
        """The rule of the recurrence, once its parts could be read."""
        cleaned = super().clean()
        cleaned["recurrence"] = None
        if self.errors:
            return cleaned
        if self._blackouts().always_closed(timezone.now()):
            self.add_error("blackout", _("With these windows, nothing would ever be scanned: leave some time."))
        if cleaned["repeat"]:
            self._clean_recurrence(cleaned)
        return cleaned

    def _clean_recurrence(self, cleaned: dict) -> None:
        try:
            cleaned["recurrence"] = _recurrence(cleaned)
        except ValueError as error:
            self.add_error("repeat", str(error))
            return
        first = cleaned["start_at"] or timezone.now()
        if not next(starts(cleaned["recurrence"], first, ZoneInfo(cleaned["time_zone"])), None):
            self.add_error("ends_on", _("{ends_on} is before the first start.").format(ends_on=cleaned["ends_on"]))

    def _blackouts(self) -> Blackouts:
        """Everybody's windows, and those typed here."""
        zone = ZoneInfo(self.cleaned_data["time_zone"])
        own = tuple((window, zone) for window in parse_all(self.cleaned_data["blackout"]))
        return Blackouts(BlackoutWindow.for_all().windows + own)

    def coming(self, count: int = 5) -> list[tuple[datetime, datetime]]:
        """The next starts, each as planned and as it will be after blackout windows; the form must be valid."""
        cleaned, zone = self.cleaned_data, ZoneInfo(self.cleaned_data["time_zone"])
        first = cleaned["start_at"] or timezone.now()
        planned = starts(cleaned["recurrence"], first, zone) if cleaned["recurrence"] else [first]
        own = tuple((window, zone) for window in parse_all(cleaned["blackout"]))
        blackouts = Blackouts(BlackoutWindow.for_all().windows + own)
        return [
            (start.astimezone(zone), blackouts.next_open(start).astimezone(zone)) for start in islice(planned, count)
        ]


def _recurrence(cleaned: dict) -> Recurrence:
    """The rule that was chosen; raises ValueError for one that makes no sense."""
    weekly = cleaned["repeat"] == Unit.WEEKLY
    return Recurrence(
        unit=Unit(cleaned["repeat"]),
        every=cleaned["every"] or 1,
        weekdays=tuple(sorted(cleaned["weekdays"])) if weekly else (),
        day_of_month=None if weekly else cleaned["day_of_month"],
        ends_after=cleaned["ends_after"],
        ends_on=cleaned["ends_on"],
    )

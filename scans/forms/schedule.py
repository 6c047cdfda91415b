"""The part of a submission that says when: start, recurrence, blackout windows."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scans.configuration.fields import invalid, written
from scans.configuration.options import MAX_DAYS_AHEAD, in_section
from scans.forms.options import form_of
from scans.models import BlackoutWindow
from scans.schedule.blackouts import Blackouts, parse_all
from scans.schedule.moments import time_zones
from scans.schedule.recurrence import starts


class ScheduleForm(form_of(in_section("when"))):
    """When a new analysis starts, whether it repeats, and when it may not scan."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            hints = [f"id_{name}_{part}" for part in ("help", "error") if part == "error" or field.help_text]
            field.widget.attrs["aria-describedby"] = " ".join(hints)

    @property
    def schedule_is_open(self) -> bool:
        """Whether its folded fields have to be seen: something is chosen or wrong."""
        wrong = self.errors.keys() & ScheduleForm.base_fields.keys()
        return bool(self["repeat"].value() or self["blackout"].value() or wrong)

    def full_clean(self) -> None:
        """Check everything; the start as wall-clock time in the zone that was chosen."""
        name = self.data.get("time_zone", "").strip() if self.is_bound else ""
        with timezone.override(ZoneInfo(name) if name in time_zones() else UTC):
            super().full_clean()

    def clean_start_at(self):
        """A moment in the next 90 days."""
        start_at, now = self.cleaned_data["start_at"], timezone.now()
        # The field has no seconds: the running minute is not the past.
        if start_at and start_at < now - timedelta(minutes=1):
            here = written(timezone.localtime(now))
            raise invalid(_("{start} is in the past; it is {now}."), start=written(start_at), now=here)
        if start_at and start_at > now + timedelta(days=MAX_DAYS_AHEAD):
            text = _("{start} is more than {days} days ahead.")
            raise invalid(text, start=written(start_at), days=MAX_DAYS_AHEAD)
        return start_at

    def clean_blackout(self) -> str:
        """The windows as they are written properly, leaving some time in which to scan."""
        try:
            windows = parse_all(self.cleaned_data["blackout"])
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return "\n".join(map(str, windows))

    def clean(self):
        """Check that the schedule leaves time to scan, once its parts could be read."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if self._blackouts().always_closed(timezone.now()):
            self.add_error("blackout", _("With these windows, nothing would ever be scanned: leave some time."))
        rule, first = cleaned["recurrence"], cleaned["start_at"] or timezone.now()
        if rule and not next(starts(rule, first, ZoneInfo(cleaned["time_zone"])), None):
            self.add_error("ends_on", _("{ends_on} is before the first start.").format(ends_on=cleaned["ends_on"]))
        return cleaned

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
        blackouts = self._blackouts()
        return [
            (start.astimezone(zone), blackouts.next_open(start).astimezone(zone)) for start in islice(planned, count)
        ]

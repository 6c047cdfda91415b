"""What people type, checked: a new analysis, and the reason for a stop. The command line uses the same rules."""

import re
import unicodedata
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scans.encryption import seal
from scans.login.base import Login, Method
from scans.models import AllowedTarget, Analysis, BlackoutWindow, Mark, Publication, StopMode, TargetLogin
from scans.models.blackout_window import validate_time_zone
from scans.schedule.blackouts import EXAMPLES, Blackouts, parse_all
from scans.schedule.recurrence import Recurrence, Unit, starts
from scans.targets.policy import MAX_URLS, TargetRefused, normalise
from scans.transitions import Access, Submission

MAX_FILE_BYTES = 256 * 1024
MAX_SCRIPT_BYTES = 5 * 1024**2
MAX_DAYS_AHEAD = 90
MOST_RUNS = 10_000
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=25)
_MOST_ERRORS = 10
_UNITS = {"": "minutes", "m": "minutes", "h": "hours", "d": "days"}


class LengthOfTimeField(forms.CharField):
    """A length of time as minutes, or as text such as 90m, 8h or 2d; cleans to a timedelta."""

    def to_python(self, value):
        """The timedelta; None where nothing was typed."""
        text = (super().to_python(value) or "").strip().lower()
        if not text:
            return None
        match = re.fullmatch(r"([0-9]{1,6}) ?([mhd]?)", text)
        if not match:
            raise ValidationError(
                _("“{text}” is not a length of time: write minutes, or 90m, 8h or 2d.").format(text=text)
            )
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


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
            raise ValidationError(text.format(start=_written(wall)))
        return moment


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
                    start=_written(start_at), now=_written(timezone.localtime(now))
                )
            )
        if start_at and start_at > now + timedelta(days=MAX_DAYS_AHEAD):
            raise ValidationError(
                _("{start} is more than {days} days ahead.").format(start=_written(start_at), days=MAX_DAYS_AHEAD)
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


def _written(moment: datetime) -> str:
    """A local moment as an error names it."""
    return f"{moment:%Y-%m-%d %H:%M} {timezone.get_current_timezone_name()}"


class AccessForm(forms.Form):
    """How the targets are logged in to, and the walk that a crawl begins with. Secrets are written, never shown."""

    login_method = forms.ChoiceField(
        label=_("Log in"), required=False, choices=[("", _("No: scan as anybody sees it")), *Method.choices]
    )
    login_username = forms.CharField(label=_("User name"), required=False, max_length=200)
    login_password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted, and never shown again."),
    )
    login_url = forms.CharField(
        label=_("Login page"), required=False, max_length=2000, help_text=_("Empty: it is found by itself.")
    )
    username_field = forms.CharField(
        label=_("Name of the user name field"), required=False, max_length=200, help_text=_("Empty: it is found.")
    )
    password_field = forms.CharField(
        label=_("Name of the password field"), required=False, max_length=200, help_text=_("Empty: it is found.")
    )
    login_headers = forms.CharField(
        label=_("Headers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "placeholder": "Authorization: Bearer …"}),
        help_text=_("For “Cookies and headers”: one “Name: value” to a line. Kept encrypted."),
    )
    login_cookies = forms.CharField(
        label=_("Cookies"),
        required=False,
        max_length=20_000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "session=…; other=…"}),
        help_text=_("For “Cookies and headers”. Kept encrypted."),
    )
    login_script = forms.FileField(
        label=_("Login script"), required=False, help_text=_("A recording of Selenium IDE (.side), up to 5 MB.")
    )
    logout_script = forms.FileField(label=_("Logout script"), required=False, help_text=_("The same, to log out."))
    logged_in = forms.CharField(
        label=_("Proof of being logged in"),
        required=False,
        max_length=500,
        help_text=_("A text that only a logged-in page shows, or the address of such a page."),
    )
    logged_out = forms.CharField(
        label=_("Pattern of logged-out pages"), required=False, max_length=500, help_text=_("A regular expression.")
    )
    crawl_script = forms.FileField(
        label=_("Crawl script"),
        required=False,
        help_text=_("A recorded walk (.side): what it visits is scanned too. Up to 5 MB."),
    )

    def clean_logged_out(self) -> str:
        """A regular expression of Python's: the engine looks for it too, and knows no other."""
        pattern = self.cleaned_data["logged_out"]
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValidationError(
                _("“{pattern}” is not a regular expression: {error}.").format(pattern=pattern, error=error)
            ) from error
        return pattern

    def clean_login_script(self) -> str:
        """The script's text."""
        return _script(self.cleaned_data["login_script"])

    def clean_logout_script(self) -> str:
        """The script's text."""
        return _script(self.cleaned_data["logout_script"])

    def clean_crawl_script(self) -> str:
        """The script's text; its name is kept beside it."""
        file = self.cleaned_data["crawl_script"]
        self.crawl_script_name = file.name[:255] if file else ""
        return _script(file)

    def clean(self) -> dict:
        """That there is what the way of logging in needs."""
        cleaned = super().clean()
        for field, message in _NEEDED.get(cleaned.get("login_method", ""), {}).items():
            if field in cleaned and not cleaned[field]:
                self.add_error(field, message)
        if cleaned.get("login_method") == Method.HEADERS and not (
            cleaned.get("login_headers") or cleaned.get("login_cookies")
        ):
            self.add_error("login_headers", _("Give headers or cookies."))
        return cleaned

    def access(self) -> Access | None:
        """What was asked for, sealed; None where nothing was. The form must be valid."""
        cleaned, login = self.cleaned_data, None
        if cleaned["login_method"]:
            login = TargetLogin.of(
                Login(
                    method=Method(cleaned["login_method"]),
                    username=cleaned["login_username"],
                    password=cleaned["login_password"],
                    headers=cleaned["login_headers"],
                    cookies=cleaned["login_cookies"],
                    **{name: cleaned[name] for name in _SAME_NAMES},
                )
            )
        script = cleaned["crawl_script"]
        if not login and not script:
            return None
        return Access(login=login, crawl_script=script and seal(script), crawl_script_name=self.crawl_script_name)


_SAME_NAMES = (
    *("login_url", "username_field", "password_field", "login_script", "logout_script", "logged_in", "logged_out"),
)
_BY_PASSWORD = {"login_username": _("Give the user name."), "login_password": _("Give the password.")}
_NEEDED = {
    **dict.fromkeys([Method.BASIC, Method.DIGEST, Method.NTLM], _BY_PASSWORD),
    Method.FORM: {
        **_BY_PASSWORD,
        "login_username": _("Give the user name; anything, where the form asks for a password alone."),
    },
    Method.SCRIPT: {"login_script": _("Give the recorded script.")},
}


def _script(file) -> str:
    """The text of an uploaded script; what is wrong inside it, the checks find."""
    if not file:
        return ""
    if file.size > MAX_SCRIPT_BYTES:
        raise ValidationError(
            _("“{name}” has {size:.1f} MB; at most 5 MB are taken.").format(name=file.name, size=file.size / 1024**2)
        )
    try:
        return file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(
            _("“{name}” is not a text file such as recorders write.").format(name=file.name)
        ) from error


class SubmissionForm(ScheduleForm, AccessForm):
    """A new analysis. Once valid, `submission()` is what `transitions.submit` takes."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        min_length=3,
        help_text=_("3 to 200 characters. A name that was used before makes this the next run of that series."),
    )
    urls = forms.CharField(
        label=_("URLs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": "https://www.example.com/"}),
        help_text=format_lazy(
            _("One to a line, at most {most}, each starting with http:// or https://."), most=MAX_URLS
        ),
    )
    url_file = forms.FileField(
        label=_("Or a file of URLs"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,text/plain"}),
        help_text=_("A text file, one URL to a line, up to 256 kB. Its URLs are added to those above."),
    )
    authorised = forms.BooleanField(
        label=_("I am authorised to scan these sites"),
        error_messages={"required": _("Tick this: a scan attacks the sites, and takes their owner's permission.")},
        help_text=_("A scan sends thousands of requests that attack the site. It takes the owner's permission."),
    )
    depth = forms.IntegerField(
        label=_("Crawl depth"),
        required=False,
        min_value=1,
        max_value=50,
        initial=20,
        help_text=_("How many links away from the target the crawler goes, 1 to 50."),
    )
    duration = LengthOfTimeField(
        label=_("Duration"),
        required=False,
        help_text=_("Scanning ends this long after it started: minutes, or 90m, 8h, 2d. 1 minute to 25 days."),
    )
    prescan = forms.BooleanField(
        label=_("Prescan"),
        required=False,
        initial=True,
        help_text=_("Check every URL as soon as the analysis is submitted, instead of only when its scan starts."),
    )
    publication = forms.ChoiceField(
        label=_("Results are published"),
        required=False,
        choices=Publication.choices,
        initial=Publication.AUTOMATIC,
        widget=forms.RadioSelect,
    )
    key = forms.UUIDField(required=False, initial=uuid.uuid4, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["duration"].initial = str(settings.SCANS_DEFAULT_DURATION_MINUTES)

    def clean_name(self) -> str:
        """No control characters: they could not be read, typed or found."""
        name = self.cleaned_data["name"]
        if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in name):
            raise ValidationError(_("The name contains a line break or an invisible control character."))
        return name

    def clean_url_file(self) -> str:
        """The file's text; empty where there is none."""
        file = self.cleaned_data["url_file"]
        if not file:
            return ""
        if file.size > MAX_FILE_BYTES:
            raise ValidationError(
                _("“{name}” has {size} kB; at most 256 kB are read.").format(name=file.name, size=file.size // 1024)
            )
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise ValidationError(
                _("“{name}” is not a text file: save it as plain text, one URL to a line.").format(name=file.name)
            )
        return text

    def clean_depth(self) -> int:
        """The default where nothing was typed."""
        depth = self.cleaned_data["depth"]
        return self.fields["depth"].initial if depth is None else depth

    def clean_duration(self) -> timedelta:
        """Between a minute and 25 days."""
        duration = self.cleaned_data["duration"]
        if duration is None:
            return timedelta(minutes=settings.SCANS_DEFAULT_DURATION_MINUTES)
        if not SHORTEST <= duration <= LONGEST:
            raise ValidationError(
                _("“{duration}” is out of range: 1 minute to 25 days.").format(duration=self.data["duration"])
            )
        return duration

    def clean(self):
        """The URLs of both fields, once both could be read."""
        cleaned = super().clean()
        if "urls" in cleaned and "url_file" in cleaned:
            try:
                cleaned["targets"] = _targets(
                    [
                        *_lines(_("Line {number}"), cleaned["urls"]),
                        *_lines(_("File, line {number}"), cleaned["url_file"]),
                    ]
                )
            except ValidationError as error:
                self.add_error("urls", error)
        return cleaned

    def submission(self) -> Submission:
        """What was asked for; the form must be valid."""
        cleaned, access = self.cleaned_data, self.access()
        return Submission(
            access=dict.fromkeys(cleaned["targets"], access) if access else {},
            name=cleaned["name"],
            urls=cleaned["targets"],
            duration=cleaned["duration"],
            depth=cleaned["depth"],
            prescan=cleaned["prescan"],
            publication=cleaned["publication"] or Publication.AUTOMATIC,
            start_at=cleaned["start_at"],
            time_zone=cleaned["time_zone"],
            recurrence=cleaned["recurrence"],
            blackout=cleaned["blackout"],
            key=cleaned["key"],
        )


def _lines(place: str, text: str) -> list[tuple[str, str]]:
    """The lines that hold something, each with the place where it stands."""
    lines = enumerate(re.split(r"\r\n|\r|\n", text), start=1)
    return [(place.format(number=number), line.strip()) for number, line in lines if line.strip()]


def _targets(lines: list[tuple[str, str]]) -> tuple[str, ...]:
    """The normalised URLs in their order; raises ValidationError with one message for each bad line."""
    if not lines:
        raise ValidationError(_("Give at least one URL."))
    if len(lines) > MAX_URLS:
        raise ValidationError(_("{count} URLs given; at most {most}.").format(count=len(lines), most=MAX_URLS))
    targets, errors = {}, []
    policy = AllowedTarget.policy()
    for place, line in lines:
        try:
            url = normalise(line)
            policy.check(url)
            _refuse_twin(targets, url, line)
            targets[url] = (place, line)
        except TargetRefused as refusal:
            errors.append(f"{place}: {refusal}")
    if errors:
        raise ValidationError(_at_most(errors))
    return tuple(targets)


def _refuse_twin(targets: dict[str, tuple[str, str]], url: str, line: str) -> None:
    if url in targets:
        place, first = targets[url]
        raise TargetRefused(
            _("“{line}” is the same target as “{first}” ({place}).").format(line=line, first=first, place=place)
        )


def _at_most(errors: Iterable[str]) -> list[str]:
    shown = list(errors)[:_MOST_ERRORS]
    more = len(list(errors)) - len(shown)
    return [*shown, _("… and {more} more.").format(more=more)] if more else shown


def as_typed(analysis: Analysis) -> dict:
    """What a form for this analysis begins with: its configuration, as a person would have typed it."""
    rule = analysis.recurrence
    return {
        "name": analysis.name,
        "urls": "\n".join(analysis.url_scans.order_by("position").values_list("url", flat=True)),
        "authorised": True,
        "depth": analysis.depth,
        "duration": str(int(analysis.duration.total_seconds() // 60)),
        "prescan": analysis.prescan,
        "publication": analysis.publication,
        "start_at": analysis.start_at and f"{analysis.start_at.astimezone(analysis.zone):%Y-%m-%dT%H:%M}",
        "time_zone": analysis.time_zone,
        "blackout": analysis.blackout,
        **({**rule, "repeat": rule["unit"]} if rule else {}),
    }


class ExtendForm(forms.Form):
    """How much longer an analysis that runs may scan."""

    extra = LengthOfTimeField(
        label=_("How much longer"), help_text=_("Minutes, or 90m, 8h, 2d. At most 25 days in all.")
    )
    reason = forms.CharField(label=_("Reason, for the activity log"), required=False, max_length=500)

    def __init__(self, *args, duration: timedelta, **kwargs):
        super().__init__(*args, **kwargs)
        self._duration = duration
        self.fields["extra"].widget.attrs["aria-describedby"] = "id_extra_help id_extra_error"

    def clean_extra(self) -> timedelta:
        """Some time, and no more than `transitions.extend` gives."""
        extra = self.cleaned_data["extra"]
        total = self._duration + extra
        if extra <= timedelta(0) or total > LONGEST:
            refusal = _("{duration} is not possible: more than {before}, and at most 25 days.")
            raise ValidationError(refusal.format(duration=total, before=self._duration))
        return extra


class MarkForm(forms.Form):
    """What a reviewer thinks of a finding, and why."""

    mark = forms.ChoiceField(label=_("Mark"), choices=Mark.choices)
    comment = forms.CharField(
        label=_("Comment"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("Why, for the log")}),
    )


class StopForm(forms.Form):
    """Whether a stop keeps or deletes what was found, and why it was asked for."""

    mode = forms.ChoiceField(choices=StopMode.choices, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason, for the activity log"),
        required=False,
        max_length=500,
        widget=forms.TextInput(attrs={"placeholder": _("such as: the wrong site"), "autocomplete": "off"}),
    )

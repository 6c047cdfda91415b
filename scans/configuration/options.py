"""The one list of configuration: each option with its label, help, field, flag and default.

A new option takes two edits: its column in models/analysis.py, with a migration, and one entry here. The form, the
command line, the log of changes, "run again", the editing of saved analyses, the Configuration tab and `show --json`
read this list; an option whose lines can hold for one URL alone is a column of a table of URLs, too. `section` says
where in the form its fields stand: "how" and "results" are drawn as they come, those of
"when" depend on one another and have a template of their own.
"""

from calendar import day_abbr
from datetime import timedelta

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scans.configuration import kinds, line_kinds
from scans.configuration.fields import DurationField, LengthInput, StartField
from scans.configuration.kinds import Flag, Input
from scans.configuration.usual_patterns import CHOICES, PATTERNS
from scans.models import Publication
from scans.models.blackout_window import validate_time_zone
from scans.schedule.blackouts import EXAMPLES
from scans.schedule.recurrence import Unit

MAX_DAYS_AHEAD = 90
MAX_RUNS = 10_000


def default_duration() -> timedelta:
    """Return how long an analysis may scan by default."""
    return timedelta(minutes=settings.SCANS_DEFAULT_DURATION_MINUTES)


def default_at_once() -> int:
    """Return how many requests of a scan may be under way at once by default: as many as a browser opens to a site."""
    return min(6, settings.SCANS_MAX_REQUESTS_AT_ONCE)


def most_at_once() -> int:
    """Return how many the administrator allows."""
    return settings.SCANS_MAX_REQUESTS_AT_ONCE


def _weekdays(names: str) -> list[str]:
    """The form's numbers of days such as “mon,thu”; a word that is no day stays as it is, for the form to refuse."""
    short = [day.lower() for day in day_abbr]
    words = [name for name in names.split(",") if name]
    return [str(short.index(word[:3].lower())) if word[:3].lower() in short else word for word in words]


_REPEATS = {
    "repeat": Input(
        forms.ChoiceField(
            label=_("Repeat"),
            required=False,
            choices=[("", _("No: once")), *Unit.choices],
            help_text=_("Each run is a new analysis."),
        ),
        Flag("--repeat", choices=Unit.values, help="make further runs by itself"),
    ),
    "every": Input(
        forms.IntegerField(
            label=_("Every … weeks or months"), required=False, min_value=1, initial=1, help_text=_("1 means each.")
        ),
        Flag("--every", default=1, help="with --repeat: each so many weeks or months"),
    ),
    "weekdays": Input(
        forms.TypedMultipleChoiceField(
            label=_("On (weekly)"),
            required=False,
            coerce=int,
            choices=WEEKDAYS.items(),
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None means the weekday of the start."),
        ),
        Flag("--weekdays", typed=_weekdays, help="with --repeat weekly: such as mon,thu"),
    ),
    "day_of_month": Input(
        forms.IntegerField(
            label=_("On day (monthly)"),
            required=False,
            min_value=1,
            max_value=31,
            help_text=_("28 and above mean the last day of the month; empty means the day of the start."),
        ),
        Flag("--day-of-month", help="with --repeat monthly; 28 and above: the last day"),
    ),
    "ends_after": Input(
        forms.IntegerField(
            label=_("Ends after … runs"), required=False, min_value=1, max_value=MAX_RUNS, help_text=_("Or never.")
        ),
        Flag("--ends-after", help="with --repeat: so many runs in all"),
    ),
    "ends_on": Input(
        forms.DateField(
            label=_("Ends on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        ),
        Flag("--ends-on", help="with --repeat: the last day, such as 2030-12-31"),
    ),
}

_LEFT_OUT = {
    "left_out": Input(
        forms.CharField(
            label=_("Left-out addresses"),
            required=False,
            max_length=10_000,
            strip=False,  # messages name lines
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "/?do=*"}),
            help_text=_(
                "Patterns of addresses that the scan never asks for, one to a line. * stands for anything; a pattern "
                "without a query, such as /logout, matches whatever the query is. For one URL alone: the URL, a blank "
                "and the pattern."
            ),
        ),
        Flag.repeatable(
            "--leave-out",
            metavar="PATTERN",
            help="never ask for addresses such as '/?do=*' or '*delete*'; 'URL PATTERN' holds for the scan of that URL "
            "alone; may be repeated",
        ),
    ),
    "leave_out_usual": Input(
        forms.MultipleChoiceField(
            label=_("Also leave out addresses that usually"),
            required=False,
            choices=CHOICES,
            widget=forms.CheckboxSelectMultiple,
        ),
        Flag(
            "--leave-out-usual",
            action="append",
            default=[],
            choices=[*PATTERNS],
            help="never ask for addresses that usually do this, by their words in several languages; may be repeated",
        ),
    ),
}

OPTIONS: tuple[kinds.Option, ...] = (
    kinds.Depth(
        "depth",
        forms.IntegerField(
            label=_("Crawl depth"),
            required=False,
            min_value=1,
            max_value=50,
            initial=20,
            help_text=_("How many links away from the target the crawler goes, 1 to 50."),
        ),
        Flag("--depth", help="how many links away from each URL"),
        default=20,
    ),
    kinds.AtOnce(
        "requests_at_once",
        forms.IntegerField(
            label=_("Requests at once"),
            required=False,
            validators=[MinValueValidator(1), MaxValueValidator(most_at_once)],
            initial=default_at_once,
            help_text=_(
                "How many requests of one scan are under way at the same time, at most. 1 is gentlest, and slowest. A "
                "site that gets slow or refuses requests gets fewer by itself."
            ),
        ),
        Flag("--requests-at-once", help="how many requests of one scan may be under way at the same time"),
        default=default_at_once,
    ),
    kinds.Length(
        "duration",
        DurationField(
            label=_("Duration"),
            required=False,
            initial=lambda: str(settings.SCANS_DEFAULT_DURATION_MINUTES),
            widget=LengthInput,
            help_text=_("Scanning ends this long after it started. 1 minute to 25 days."),
        ),
        Flag("--duration", help="such as 90m, 8h or 2d"),
        default=default_duration,
    ),
    kinds.YesNo(
        "prescan",
        forms.BooleanField(
            label=_("Prescan"),
            required=False,
            initial=True,
            help_text=_("Check every URL as soon as the analysis is submitted, instead of only when its scan starts."),
        ),
        Flag(
            "--no-prescan",
            action="store_const",
            const="",
            default="on",
            help="check the URLs only when their scans start",
        ),
        default=True,
    ),
    line_kinds.LeftOut("left_out", _LEFT_OUT, default=""),
    line_kinds.Headers(
        "headers",
        forms.CharField(
            label=_("Headers of every request"),
            required=False,
            max_length=20_000,
            strip=False,  # messages name lines
            widget=forms.Textarea(
                attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off", "placeholder": "X-Scan-Id: …"}
            ),
            help_text=_(
                "Sent with every request to the target, beside any login: one “Name: value” to a line, User-Agent too. "
                "For one URL alone: the URL, a blank and the header. Values are kept encrypted and never shown again; "
                "“Name: ***” keeps a saved one."
            ),
        ),
        Flag.repeatable(
            "--header",
            metavar="'NAME: VALUE'",
            help="send this header with every request, beside any login; 'URL NAME: VALUE' holds for the scan of that "
            "URL alone; may be repeated",
        ),
        default=dict,
    ),
    kinds.Start(
        "start_at",
        StartField(
            label=_("Start"),
            required=False,
            widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            help_text=format_lazy(
                _("In the time zone below, at most {days} days ahead. Leave it empty to start at once."),
                days=MAX_DAYS_AHEAD,
            ),
            error_messages={"invalid": _("This is not a date and time such as 2030-01-31T22:00.")},
        ),
        Flag("--start", help="when, as ISO 8601; without a zone it is UTC; default: now"),
        default=None,
        section="when",
    ),
    kinds.Option(
        "time_zone",
        forms.CharField(
            label=_("Time zone"),
            required=False,
            initial=lambda: str(timezone.get_current_timezone()),  # the person's own
            max_length=64,
            validators=[validate_time_zone],
            widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
            help_text=_("In which the start and the windows below are meant, such as Europe/Berlin."),
        ),
        Flag("--time-zone", default="UTC", help="of --start, of what repeats and of --blackout"),
        default="UTC",
        section="when",
    ),
    kinds.Repeats("recurrence", _REPEATS, default=None, section="when"),
    line_kinds.Lines(
        "blackout",
        forms.CharField(
            label=_("Blackout windows"),
            required=False,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "Mon-Fri 08:00-18:00"}),
            help_text=format_lazy(
                _(
                    "When this analysis may not scan, one window to a line: it pauses before and resumes after. "
                    "{examples}."
                ),
                examples="; ".join(EXAMPLES),
            ),
        ),
        Flag.repeatable("--blackout", metavar="WINDOW", help=f"such as {EXAMPLES[0]}; may be repeated"),
        default="",
        section="when",
    ),
    kinds.Choice(
        "publication",
        forms.ChoiceField(
            label=_("Results are published"),
            required=False,
            choices=Publication.choices,
            initial=Publication.AUTOMATIC,
            widget=forms.RadioSelect,
        ),
        Flag("--publish", choices=Publication.values, default="automatic"),
        default=Publication.AUTOMATIC,
        section="results",
    ),
)

# The log's name for each thing that can be changed.
LABELS = {"urls": _("URLs"), **{option.name: option.label for option in OPTIONS}, "access": _("access")}


def in_section(section: str) -> tuple[kinds.Option, ...]:
    """The options whose fields stand in this part of the form."""
    return tuple(option for option in OPTIONS if option.section == section)

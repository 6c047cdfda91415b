"""The form of a new or saved analysis. The command line uses it too."""

import re
import unicodedata
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scans.forms.access import AccessForm
from scans.forms.fields import LONGEST, SHORTEST, LengthOfTimeField
from scans.forms.schedule import ScheduleForm
from scans.models import AllowedTarget, Analysis, Publication
from scans.targets.policy import MAX_URLS, TargetRefused, normalise
from scans.transitions import Submission

MAX_FILE_BYTES = 256 * 1024


_MOST_ERRORS = 10


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

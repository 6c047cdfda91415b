"""The part of a submission that says what is scanned: a list of URLs, typed or in a file."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scans.configuration import url_list
from scans.configuration.fields import invalid
from scans.forms.own_settings import Own, OwnSettings
from scans.models import AllowedTarget
from scans.targets.policy import MAX_URLS, TargetRefused, normalise

MAX_FILE_BYTES = 256 * 1024
MAX_ERRORS = 10


@dataclass(frozen=True)
class Target:
    """One line of the list: its normalised URL and what it says of it, or the reason why it is refused."""

    place: str
    text: str
    url: str = ""
    problem: str = ""
    own: Own = Own()


class TargetsForm(forms.Form):
    """A list of URLs. Once cleaned, `lines` are its checked lines, and `cleaned_data["targets"]` the URLs."""

    urls = forms.CharField(
        label=_("URLs"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": "https://www.example.com/"}),
        help_text=format_lazy(
            _(
                "One to a line, at most {most}, each starting with http:// or https://. Lines that begin with # are "
                "comments. Put an address that holds a comma or semicolon in double quotes."
            ),
            most=MAX_URLS,
        ),
    )
    url_file = forms.FileField(
        label=_("Or a file of URLs"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".txt,.csv,.tsv,text/plain,text/csv"}),
        help_text=_(
            "A text file up to 256 kB, written like the list above, or a CSV file whose first line names its columns, "
            "one of them “url”. Its URLs are added to those above. Further columns give a URL its own: username and "
            "password of a login form (“login”: another way to log in, or none), left_out, headers."
        ),
    )

    lines: tuple[Target, ...] = ()

    def clean_url_file(self) -> list[url_list.Line]:
        """The lines of the file; none where there is no file."""
        file = self.cleaned_data["url_file"]
        if not file:
            return []
        if file.size > MAX_FILE_BYTES:
            size = file.size // 1024
            raise invalid(_("“{name}” has {size} kB; at most 256 kB are read."), name=file.name, size=size)
        return url_list.read(*url_list.decoded(file.name, file.read()))

    def clean(self):
        """The URLs of both fields, once both could be read."""
        cleaned = super().clean()
        if "urls" in cleaned and "url_file" in cleaned:
            try:
                cleaned["targets"] = self._checked(url_list.read(cleaned["urls"]), cleaned["url_file"])
            except ValidationError as error:
                self.add_error("urls", error)
        return cleaned

    def _checked(self, typed: list[url_list.Line], from_file: list[url_list.Line]) -> tuple[str, ...]:
        """The normalised URLs in their order; raises ValidationError with one message for each bad line."""
        if not (count := len(typed) + len(from_file)):
            raise ValidationError(_("Give at least one URL."))
        if count > MAX_URLS:
            raise invalid(_("{count} URLs given; at most {most}."), count=count, most=MAX_URLS)
        checks = _Checks()
        self.lines = (
            *(checks.target(_("Line {number}"), line, typed=True) for line in typed),
            *(checks.target(_("File, line {number}"), line, typed=False) for line in from_file),
        )
        errors = [f"{target.place}: {target.problem}" for target in self.lines if target.problem]
        if len(errors) > MAX_ERRORS:
            errors[MAX_ERRORS:] = [_("… and {more} more.").format(more=len(errors) - MAX_ERRORS)]
        if errors:
            raise ValidationError(errors)
        return tuple(checks.by_url)


class _Checks:
    """The checks of the lines of one list; `by_url` holds the good ones."""

    def __init__(self):
        self.by_url: dict[str, Target] = {}
        self._policy = AllowedTarget.policy(of_any_worker=True)
        self._settings = OwnSettings()

    def target(self, place: str, line: url_list.Line, *, typed: bool) -> Target:
        """A line, checked."""
        place = place.format(number=line.number)
        if line.error:
            return Target(place, line.url, problem=line.error)
        try:
            url = normalise(line.url)
            self._policy.check(url)
            if before := self.by_url.get(url):
                raise TargetRefused("same_target", line=line.url, first=before.text, place=before.place)
            own = self._settings.read(line.cells, url, typed=typed)
        except ValidationError as error:
            return Target(place, line.url, problem=error.messages[0])
        except TargetRefused as refusal:
            offer = offered(line.url)
            hint = " " + gettext("Did you mean {url}?").format(url=offer) if offer else ""
            return Target(place, line.url, problem=f"{refusal}{hint}")
        return self.by_url.setdefault(url, Target(place, line.url, url, own=own))


def offered(line: str) -> str:
    """Return the https URL that a line without a scheme probably means; empty if it means none."""
    host = line.partition("/")[0]
    if "://" in line or "." not in host or ":" in host.rpartition(":")[0]:
        return ""
    try:
        return normalise(f"https://{line}")
    except TargetRefused:
        return ""

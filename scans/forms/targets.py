"""The part of a submission that says what is scanned: a list of URLs, typed or in a file."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scans.configuration import url_list
from scans.configuration.fields import invalid
from scans.models import AllowedTarget
from scans.targets.policy import MAX_URLS, TargetPolicy, TargetRefused, normalise

MAX_FILE_BYTES = 256 * 1024
MAX_ERRORS = 10


@dataclass(frozen=True)
class Target:
    """One line of the list: its normalised URL, or the reason why it is refused."""

    place: str
    text: str
    url: str = ""
    problem: str = ""


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
            "one of them “url”. Its URLs are added to those above."
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
            lines = [(_("Line {number}"), line) for line in url_list.read(cleaned["urls"])]
            lines += [(_("File, line {number}"), line) for line in cleaned["url_file"]]
            try:
                cleaned["targets"] = self._checked(lines)
            except ValidationError as error:
                self.add_error("urls", error)
        return cleaned

    def _checked(self, lines: list[tuple[str, url_list.Line]]) -> tuple[str, ...]:
        """The normalised URLs in their order; raises ValidationError with one message for each bad line."""
        if not lines:
            raise ValidationError(_("Give at least one URL."))
        if len(lines) > MAX_URLS:
            raise invalid(_("{count} URLs given; at most {most}."), count=len(lines), most=MAX_URLS)
        policy, by_url = AllowedTarget.policy(of_any_worker=True), {}
        self.lines = tuple(_target(place.format(number=line.number), line, policy, by_url) for place, line in lines)
        errors = [f"{target.place}: {target.problem}" for target in self.lines if target.problem]
        if len(errors) > MAX_ERRORS:
            errors[MAX_ERRORS:] = [_("… and {more} more.").format(more=len(errors) - MAX_ERRORS)]
        if errors:
            raise ValidationError(errors)
        return tuple(by_url)


def _target(place: str, line: url_list.Line, policy: TargetPolicy, by_url: dict[str, Target]) -> Target:
    """A line, checked; one with a URL that is not in `by_url` yet is added there."""
    if line.error:
        return Target(place, line.url, problem=line.error)
    try:
        url = normalise(line.url)
        policy.check(url)
        if before := by_url.get(url):
            raise TargetRefused("same_target", line=line.url, first=before.text, place=before.place)
    except TargetRefused as refusal:
        offer = offered(line.url)
        hint = " " + gettext("Did you mean {url}?").format(url=offer) if offer else ""
        return Target(place, line.url, problem=f"{refusal}{hint}")
    return by_url.setdefault(url, Target(place, line.url, url))


def offered(line: str) -> str:
    """Return the https URL that a line without a scheme probably means; empty if it means none."""
    host = line.partition("/")[0]
    if "://" in line or "." not in host or ":" in host.rpartition(":")[0]:
        return ""
    try:
        return normalise(f"https://{line}")
    except TargetRefused:
        return ""

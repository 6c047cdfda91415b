"""The form of a new or saved analysis. The command line uses it too."""

import unicodedata
import uuid
from collections.abc import Collection
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scans.configuration.fields import invalid
from scans.configuration.options import OPTIONS
from scans.configuration.per_url import parted
from scans.configuration.submission import Access, Submission
from scans.configuration.usual_patterns import patterns_for
from scans.forms.access import REMOVE, AccessForm
from scans.forms.options import form_of
from scans.forms.schedule import ScheduleForm
from scans.forms.targets import TargetsForm
from scans.models import TargetLogin
from scans.targets.request_rules import pattern_of


class SubmissionForm(TargetsForm, form_of(OPTIONS), ScheduleForm, AccessForm):
    """A new analysis. Once valid, `submission()` is what `transitions.submit` takes."""

    field_order = ("name", "urls", "url_file", "authorised")  # as errors are listed; then the others

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        min_length=3,
        help_text=_("3 to 200 characters. A name that was used before makes this the next run of that series."),
    )
    authorised = forms.BooleanField(
        label=_("I am authorised to scan these sites"),
        error_messages={"required": _("Tick this: a scan attacks the sites, and takes their owner's permission.")},
        help_text=_("A scan sends thousands of requests that attack the site. It takes the owner's permission."),
    )
    login_for = forms.ChoiceField(
        label=_("This login is for"),
        required=False,
        choices=[
            ("", _("all URLs")),
            ("with", _("the URLs that have a login now")),
            ("without", _("the URLs that have no login now")),
            ("failed", _("the URLs whose login failed")),
        ],
        help_text=_("The other URLs keep what they have."),
    )
    key = forms.UUIDField(required=False, initial=uuid.uuid4, widget=forms.HiddenInput)

    def __init__(self, *args, failed: Collection[str] = (), **kwargs):
        """`failed` are the URLs whose login failed in the analysis that the form is filled in from."""
        super().__init__(*args, **kwargs)
        self._failed = failed
        have_login = [bool(access.login) for access in self.kept.values()]
        if any(have_login):
            choices = self.fields["login_method"].choices[1:]
            keep = [("", _("Keep what is saved")), (REMOVE, _("No login (public pages only)"))]
            self.fields["login_method"].choices = [*keep, *choices]
            self.initial.setdefault("login_for", "failed" if failed else "" if all(have_login) else "with")

    def clean_name(self) -> str:
        """No control characters: they could not be read, typed or found."""
        name = self.cleaned_data["name"]
        if any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") for character in name):
            raise ValidationError(_("The name contains a line break or an invisible control character."))
        return name

    def clean(self):
        """Check what holds for the URLs, the options and the login together."""
        cleaned = super().clean()
        self._own = {line.url: line.own for line in self.lines if line.url}
        self._take_own_values(cleaned)
        self._check_rules(cleaned)
        if not self.errors and self._saved is not None:
            self._check_kept_secrets(cleaned)
        return cleaned

    def _take_own_values(self, cleaned: dict) -> None:
        """Add what the list of URLs says of one URL alone to the options."""
        for option in OPTIONS:
            for own in self._own.values():
                try:
                    if option.name in own.values and option.name in cleaned:
                        cleaned[option.name] = option.merged(cleaned[option.name], own.values[option.name])
                except ValidationError as error:
                    self.add_error(option.name, error)

    def _check_kept_secrets(self, cleaned: dict) -> None:
        """No site gets a saved secret that it did not have: whoever adds a site has to know the secret."""
        if cleaned["login_method"] and self.keeps_secrets(cleaned):
            login = self.login()
            had = {_site(url) for url, access in self.kept.items() if access.login == self.kept_login}
            gets = [url for url in cleaned["targets"] if self._is_for(url, self.kept.get(url, Access()), login)]
            if url := next((url for url in gets if _site(url) not in had), ""):
                text = _(
                    "{url} had no such login: its secrets are sent to the sites that have them already. Type them "
                    "again to use them there too, or choose the URLs that have a login now."
                )
                self.add_error("login_method", invalid(text, url=url))
        had = {_site(url) for url in self._saved.urls}
        url = next((url for url in cleaned["targets"] if _site(url) not in had), "")
        before = self._saved.headers or {}
        kept = [name for name, value in cleaned["headers"].items() if before.get(name) == value and not parted(name)[0]]
        if url and kept:
            text = _("{name} keeps its value, which {url} did not have. Type the value again to send it there too.")
            self.add_error("headers", invalid(text, name=kept[0], url=url))

    def _check_rules(self, cleaned: dict) -> None:
        """No pattern leaves out the target itself, and what holds for one URL alone holds for one of these."""
        targets, lines = cleaned.get("targets", ()), cleaned.get("left_out", "").splitlines()
        for name, given in (("left_out", lines), ("headers", cleaned.get("headers", ()))):
            urls = {url for url, _rest in map(parted, given) if url} - set(targets)
            if urls and targets:
                text = _("{url} is none of the URLs of this analysis, and has a line of its own.")
                self.add_error(name, invalid(text, url=min(urls)))
        for url in targets:
            if pattern := pattern_of(url, [pattern for _level, pattern in patterns_for(lines, url)]):
                text = _("The pattern {pattern} leaves out the target {url} itself.")
                self.add_error("left_out", invalid(text, pattern=pattern, url=url))
                break

    def submission(self) -> Submission:
        """Return the submission; the form must be valid."""
        cleaned = self.cleaned_data
        return Submission(
            name=cleaned["name"],
            urls=cleaned["targets"],
            access=self._access_by_url(),
            key=cleaned["key"],
            **{option.name: cleaned[option.name] for option in OPTIONS},
        )

    def _access_by_url(self) -> dict[str, Access]:
        """The login and the crawl script of each URL that has or had one: what was chosen, or what is saved."""
        chosen, login, script = self.cleaned_data["login_method"], self.login(), self.script()
        by_url = {}
        for url in self.cleaned_data["targets"]:
            kept = self.kept.get(url, Access())
            given = login if chosen and self._is_for(url, kept, login) else kept.login
            own = self._own[url]
            access = Access(login=own.login if own.has_login else given, crawl_script=script or kept.crawl_script)
            if access != Access() or url in self.kept:
                by_url[url] = access
        return by_url

    def _is_for(self, url: str, kept: Access, login: TargetLogin | None) -> bool:
        """Whether a URL gets the login of the form. A saved one that was not changed stays where it is."""
        if self._own[url].has_login:
            return False
        if login is not None and login == self.kept_login and url in self.kept:
            return False
        scope = self.cleaned_data["login_for"]
        return {"with": bool(kept.login), "without": not kept.login, "failed": url in self._failed}.get(scope, True)


def _site(url: str) -> tuple[str, str]:
    """Scheme, host and port of a target."""
    return urlsplit(url)[:2]

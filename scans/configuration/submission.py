"""A submission: the name, the URLs, how each is logged in to, and a value for every option of the list."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, make_dataclass, replace
from typing import Any
from uuid import UUID

from django.utils.text import Truncator

from scans.configuration.kinds import LONGEST_IN_LOG, Option
from scans.configuration.options import OPTIONS
from scans.configuration.url_list import as_line
from scans.models import Analysis, CrawlScript, TargetLogin


@dataclass(frozen=True, kw_only=True)
class Access:
    """The login and the crawl script of one URL, as rows: saved ones to refer to, or new ones that are not saved."""

    login: TargetLogin | None = None
    crawl_script: CrawlScript | None = None


@dataclass(frozen=True, kw_only=True)
class _Targets:
    """The URLs to scan: normalised, unique and allowed.

    `access` is by URL; one that is not in it is scanned without a login. `key` is made with the form, so that sending
    it twice submits once.
    """

    name: str
    urls: tuple[str, ...]
    access: Mapping[str, Access] = field(default_factory=dict)
    key: UUID | None = None


# One field for each option, with the option's default.
Submission = make_dataclass(
    "Submission",
    [(option.name, Any, field(default_factory=lambda option=option: option.default)) for option in OPTIONS],
    bases=(_Targets,),
    frozen=True,
    kw_only=True,
    namespace={"__module__": __name__, "__doc__": "What somebody wants analysed, every value within its limits."},
)


def columns_of(submission: Submission) -> dict[str, Any]:
    """The columns of an analysis that hold its options."""
    return {option.name: option.stored(getattr(submission, option.name)) for option in OPTIONS}


def configuration(analysis: Analysis) -> Submission:
    """Return the submission of a stored analysis. Logins and scripts are rows to refer to, without their contents."""
    scans = list(analysis.url_scans.order_by("position").values_list("url", "login_id", "crawl_script_id"))
    logins = TargetLogin.objects.in_bulk({login for _url, login, _script in scans if login})
    scripts = CrawlScript.objects.in_bulk({script for _url, _login, script in scans if script})
    access = {url: Access(login=logins.get(login), crawl_script=scripts.get(script)) for url, login, script in scans}
    values = {option.name: option.read(getattr(analysis, option.name)) for option in OPTIONS}
    return Submission(name=analysis.name, urls=tuple(access), access=access, **values)


def once_more(analysis: Analysis) -> Submission:
    """The same configuration, to be run at once and without a schedule of its own."""
    return replace(configuration(analysis), start_at=None, recurrence=None)


def of_urls(submission: Submission, urls: Collection[str]) -> Submission:
    """The part of a submission that holds for these of its URLs, in their order."""
    chosen = tuple(url for url in submission.urls if url in urls)
    parts = {option.name: option.for_urls(getattr(submission, option.name), chosen) for option in OPTIONS}
    access = {url: access for url, access in submission.access.items() if url in chosen}
    return replace(submission, urls=chosen, access=access, **parts)


def changes(before: Submission, after: Submission) -> dict[str, list]:
    """Return the differences by name: the old and the new value as the log stores them.

    Empty where only something secret differs: of that the log says that it changed.
    """
    pairs = {
        option.name: [option.logged(getattr(one, option.name), one) for one in (before, after)] for option in OPTIONS
    }
    pairs = {"urls": [_urls(before), _urls(after)], **pairs, "access": ["", ""]}
    different = {name: pair for name, pair in pairs.items() if getattr(before, name) != getattr(after, name)}
    return {name: pair if pair[0] != pair[1] else [] for name, pair in different.items()}


def shown(analysis: Analysis, options: Iterable[Option] = OPTIONS, *, url: str = "") -> list[tuple[str, str]]:
    """Label and value of each of these options of an analysis, in the reader's language; with a URL, its part."""
    values = [(option, option.read(getattr(analysis, option.name))) for option in options]
    return [
        (option.label, option.shown(option.for_url(value, url) if url else value, analysis)) for option, value in values
    ]


def exported(analysis: Analysis) -> dict[str, Any]:
    """Every option of an analysis as plain data."""
    data = {}
    for option in OPTIONS:
        data |= option.exported(option.read(getattr(analysis, option.name)), analysis)
    return data


def as_typed(submission: Submission) -> dict[str, Any]:
    """Return the initial contents of a form: the options as a person would type them."""
    typed = {"name": submission.name, "urls": "\n".join(map(as_line, submission.urls))}
    for option in OPTIONS:
        typed |= option.typed(getattr(submission, option.name), submission)
    return typed


def _urls(submission: Submission) -> str:
    return Truncator(" ".join(submission.urls)).chars(LONGEST_IN_LOG)

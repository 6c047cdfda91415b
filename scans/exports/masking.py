"""Masks login secrets in exports.

The engine already masks the login's secrets in its own output. This masks them once more: by value if the stored login
can be decrypted, and always by position. Evidence is passed on to people and programs who must not be able to log in
with it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from html import escape
from itertools import chain
from urllib.parse import quote, quote_plus

from django.db.models import Model

from scans.browser.side import ScriptError, parse
from scans.configuration.secret_headers import values
from scans.encryption import KeyLost
from scans.login.base import Login
from scans.login.credentials import session_of
from scans.login.outcome import LoginFailed
from scans.models import Analysis, CrawlScript, TargetLogin, UrlScan

MASK = "***"
SHORTEST_SECRET = 4  # characters, as for the engine: masking shorter values would hide half of every text
SHORTEST_SESSION = 11  # of a cookie's value, as for the engine: shorter ones are settings such as `theme=dark`
# Headers that grant access. In a request's text they start a line.
_CREDENTIAL = r"(?:proxy-)?authorization|x-api-key|x-auth-token|api-key"
_HEADER = re.compile(rf"(?im)^({_CREDENTIAL}|cookie|set-cookie)( *: *)([^\r\n]*)")
_TYPED = ("type", "sendKeys", "editContent")
_SECRET_FIELD = re.compile(r"pass|pwd|secret|token|otp", re.IGNORECASE)


class Mask:
    """Masks secrets in plain data: in every text, at any depth of lists and dicts."""

    def __init__(self, secrets: Iterable[str] = ()):
        spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
        # The longest first, since one may contain another.
        long_enough = sorted((text for text in spellings if len(text) >= SHORTEST_SECRET), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, long_enough))) if long_enough else None

    def __call__(self, value):
        """Return the same data with secrets masked."""
        if isinstance(value, str):
            return self._pattern.sub(MASK, value) if self._pattern else value
        if isinstance(value, dict):
            return {key: self(entry) for key, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self(entry) for entry in value]
        return value


def masks_of(scans: Iterable[UrlScan]) -> dict[int, Mask]:
    """Return, for each URL scan's id, the Mask for the secrets of its login, scripts and headers. Three queries.

    The target's address is public, so its words are not masked, even if a password equals one of them.
    """
    scans = list(scans)
    headers = dict(Analysis.objects.filter(url_scans__in=scans, headers__isnull=False).values_list("pk", "headers"))
    of_headers = {pk: list(_header_secrets(column)) for pk, column in headers.items()}
    of_logins = _opened(TargetLogin, {scan.login_id for scan in scans}, lambda row: _login_secrets(row.opened()))
    of_scripts = _opened(CrawlScript, {scan.crawl_script_id for scan in scans}, lambda row: _typed_secrets(row.text()))
    mask = cache(Mask)  # most URL scans have the same secrets
    masks = {}
    for scan in scans:
        given = (of_logins.get(scan.login_id, ()), of_scripts.get(scan.crawl_script_id, ()))
        secrets = (*chain(*given), *of_headers.get(scan.analysis_id, ()))
        masks[scan.pk] = mask(tuple(secret for secret in secrets if secret not in scan.url))
    return masks


def _opened(model: type[Model], pks: set[int | None], secrets_of: Callable[[Model], Iterable[str]]) -> dict:
    """Return the secrets of these rows by id, each row opened once. Those that no key decrypts any more are missing."""
    opened = {}
    for row in model.objects.defer(None).filter(pk__in=pks - {None}).iterator(chunk_size=1):
        with suppress(KeyLost):
            opened[row.pk] = list(secrets_of(row))
    return opened


def without_credentials(text: str) -> str:
    """Return a request without the values of credentials and cookies."""
    return _HEADER.sub(lambda match: f"{match[1]}{match[2]}{header_masked(match[1], match[3])}", text)


def header_masked(name: str, value: str) -> str:
    """Return the header's value for display: names and attributes of cookies, nothing of credentials."""
    name = name.lower()
    if name == "set-cookie":
        first, semicolon, attributes = value.partition(";")
        return f"{_cookie_masked(first)}{semicolon}{attributes}"
    if name == "cookie":
        return "; ".join(_cookie_masked(pair.strip()) for pair in value.split(";") if pair.strip())
    return MASK if re.fullmatch(_CREDENTIAL, name) else value


def _cookie_masked(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}={MASK}" if equals else MASK


def _spellings(secret: str) -> set[str]:
    """Return the spellings that a secret may have in a request or a page."""
    return {secret, quote(secret, safe=""), quote_plus(secret), escape(secret)}


def _header_secrets(column: dict[str, str]) -> Iterator[str]:
    """The values of an analysis' headers, with their scheme, and without."""
    try:
        for value in values(column):
            yield from (value, value.partition(" ")[2])
    except KeyLost:
        return


def _login_secrets(login: Login) -> Iterator[str]:
    yield login.password
    try:
        session = session_of(login, "https://any.example/")
    except LoginFailed:
        return
    for _, value in session.headers:
        yield from (value, value.partition(" ")[2])  # with its scheme, and without
    yield from (cookie.value for cookie in session.cookies if len(cookie.value) >= SHORTEST_SESSION)
    for script in filter(None, (login.login_script, login.logout_script)):
        yield from _typed_secrets(script)


def _typed_secrets(script: str) -> Iterator[str]:
    """Return the texts that a recording types into fields named like secrets."""
    try:
        steps = parse(script).steps
    except ScriptError:
        return
    stored = {step.value: step.target for step in steps if step.command == "store"}
    for step in steps:
        if step.command in _TYPED and any(map(_SECRET_FIELD.search, (step.target, *step.alternatives))):
            # Keys are not part of the secret; a variable stands for one.
            typed = re.sub(r"\$\{KEY_\w+\}", "", step.value)
            yield re.sub(r"\$\{(\w+)\}", lambda match: stored.get(match[1], match[0]), typed)

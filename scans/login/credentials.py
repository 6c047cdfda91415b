"""Logins without a login page: HTTP authentication, and headers and cookies that every request carries."""

from base64 import b64encode
from urllib.parse import urlsplit

import httpx
from httpx_ntlm import HttpNtlmAuth

from scans.engines.base import Cookie, Session
from scans.login.base import Login, Method
from scans.login.outcome import LoginFailed
from scans.login.page import Page
from scans.reasons import Reason
from scans.targets.request_rules import HeaderRefused, parse_header

STEP = "credentials"
# The names of the methods in WWW-Authenticate (RFC 7617, RFC 7616, MS-NTHT). Negotiate may carry NTLM.
_SCHEMES = {Method.BASIC: ("basic",), Method.DIGEST: ("digest",), Method.NTLM: ("ntlm", "negotiate")}


def session_of(login: Login, url: str) -> Session:
    """Return the headers and cookies of each request to the host of `url`. Raises LoginFailed if they are malformed."""
    if login.method == Method.BASIC:
        token = b64encode(f"{login.username}:{login.password}".encode()).decode()
        return Session(cookies=(), headers=(("Authorization", f"Basic {token}"),))
    if login.method != Method.HEADERS:
        return Session(cookies=(), headers=())
    headers = [_header(number, line) for number, line in _lines(login.headers)]
    given = [value for name, value in headers if name.lower() == "cookie"]
    cookies = _cookies("; ".join([login.cookies, *given]), urlsplit(url))
    return Session(cookies=cookies, headers=tuple(pair for pair in headers if pair[0].lower() != "cookie"))


def handshake_of(login: Login) -> httpx.Auth | None:
    """Return the object that answers challenges; None for methods without a challenge."""
    if login.method == Method.DIGEST:
        return httpx.DigestAuth(login.username, login.password)
    if login.method == Method.NTLM:
        return HttpNtlmAuth(login.username, login.password)
    return None


def require_offer(login: Login, page: Page) -> None:
    """Raise LoginFailed if the page wants another kind of HTTP authentication than the login's."""
    if page.status != 401 or login.method not in _SCHEMES:
        return
    offered = [value.split(" ")[0] for value in page.headers.get_list("www-authenticate", split_commas=False)]
    if not any(scheme in " ".join(offered).lower() for scheme in _SCHEMES[login.method]):
        facts = {"url": page.shown_url, "method": login.method}
        asked = ", ".join(offered)
        detail = Reason("other_method_asked", asked=asked, **facts) if asked else Reason("no_method_named", **facts)
        raise LoginFailed("method_not_offered", detail, STEP)


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def _header(number: int, line: str) -> tuple[str, str]:
    """Return name and value. The error message has only the line's number, because the line may be a secret."""
    try:
        return parse_header(line)
    except HeaderRefused as error:
        raise LoginFailed("malformed_headers", Reason("header_line", number=number, error=error), STEP) from None


def _cookies(text: str, site) -> tuple[Cookie, ...]:
    pairs = [piece.strip().partition("=") for piece in text.replace("\n", ";").split(";") if piece.strip()]
    if not all(name.strip() and equals and (name + value).isprintable() for name, equals, value in pairs):
        raise LoginFailed("malformed_headers", Reason("cookies_malformed"), STEP)
    host = f"[{site.hostname}]" if ":" in site.hostname else site.hostname
    secure = site.scheme == "https"
    return tuple(
        Cookie(name=name.strip(), value=value.strip(), domain=host, path="/", secure=secure) for name, _, value in pairs
    )

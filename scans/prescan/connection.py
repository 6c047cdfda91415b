"""The connection checks: may this URL be scanned, and does it answer with a usable page?

They need the network but no database, and may run in several threads. The first step that fails ends them.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic, sleep
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings

from scans.login.page import Page
from scans.prescan.leads import framed, leads_to
from scans.reasons import Reason, Reasoned, as_reason
from scans.statuses import UrlScanStatus
from scans.targets.cookies import SiteCookies
from scans.targets.http_client import Answer, SiteClient, tls_context
from scans.targets.own_mark import is_own_answer
from scans.targets.policy import TargetPolicy, TargetRefused, is_same_site, origin, resolve
from scans.targets.refusal import TOO_MANY_REQUESTS, UNAVAILABLE, Seen, refusal, seconds_to_wait, seen
from scans.targets.request_rules import NO_RULES, RequestRules

# The fixed list of reasons, each with the status that follows. The detail of a step says what was seen.
REASONS = {
    "target_not_allowed": UrlScanStatus.VERIFICATION_FAILED,
    "name_not_resolved": UrlScanStatus.CONNECTION_ERROR,
    "connection_refused": UrlScanStatus.CONNECTION_ERROR,
    "connection_timed_out": UrlScanStatus.CONNECTION_ERROR,
    "connection_failed": UrlScanStatus.CONNECTION_ERROR,
    "tls_impossible": UrlScanStatus.CONNECTION_ERROR,
    "certificate_refused": UrlScanStatus.VERIFICATION_FAILED,
    "no_answer": UrlScanStatus.CONNECTION_ERROR,
    "only_server_errors": UrlScanStatus.CONNECTION_ERROR,
    "redirect_out_of_scope": UrlScanStatus.VERIFICATION_FAILED,
    "left_out": UrlScanStatus.VERIFICATION_FAILED,
    "too_many_redirects": UrlScanStatus.VERIFICATION_FAILED,
    "login_required": UrlScanStatus.AUTHENTICATION_ERROR,
    "no_usable_page": UrlScanStatus.VERIFICATION_FAILED,
    "refused": UrlScanStatus.VERIFICATION_FAILED,
}
MAX_REDIRECTS = 10
_TRIES = 3
_SECONDS_BETWEEN_TRIES = 0.5
_LONGEST_WAIT = 15.0  # seconds that a site may ask for before the next try


@dataclass(frozen=True)
class Step:
    """One step of the checks. `reason` is empty if it passed; otherwise `status` follows."""

    name: str
    reason: str
    detail: Reason
    milliseconds: int
    status: UrlScanStatus | None = None


@dataclass
class ConnectionReport:
    """The results of the checks of one URL, step by step, and the addresses that it may be reached at.

    `led_to` is the page that the first one led to by a refresh or a script, which are no redirects to an engine.
    """

    url: str
    steps: list[Step] = field(default_factory=list)
    addresses: tuple[str, ...] = ()
    usual: Seen | None = None  # the first answer of the URL itself, for later looks to compare with
    led_to: str = ""

    @property
    def failure(self) -> Step | None:
        """The step that failed, if any; it is always the last."""
        return self.steps[-1] if self.steps and self.steps[-1].reason else None

    @property
    def status(self) -> UrlScanStatus | None:
        """The status that follows the failure; None if everything passed."""
        return self.failure.status if self.failure else None


class _Failed(Reasoned):
    """A step failed for one of REASONS; `why` says what was seen."""

    def __init__(self, reason: str, why: str | Reason, **facts):
        super().__init__(why, **facts)
        self.reason = reason


def check_connection(
    url: str,
    policy: TargetPolicy,
    *,
    has_login: bool = False,
    rules: RequestRules = NO_RULES,
    usual: Seen | None = None,
) -> ConnectionReport:
    """Check a normalised URL step by step and return the report. Sends a few requests and takes seconds at most.

    If the target `has_login`, the page may ask for it, or redirect to a login page anywhere on the same host and port.
    `usual` is what an earlier check saw there: an answer that turns us away is told by it.
    """
    report = ConnectionReport(url)
    host, port = origin(url)

    def resolve_and_judge() -> Reason:
        report.addresses = _resolve(host)
        _judge(policy, url, report.addresses)
        return as_reason(", ".join(report.addresses))

    def connect() -> Reason:
        address = _connect(report.addresses, port)
        report.addresses = tuple(sorted(report.addresses, key=lambda other: other != address))
        return Reason("port_accepts", address=address, port=port)

    def tls() -> Reason:
        return _tls(report.addresses, host, port) if url.startswith("https:") else Reason("not_used")

    steps: list[tuple[str, Callable[[], Reason]]] = [
        ("target policy", lambda: _judge(policy, url, ())),
        ("name resolution", resolve_and_judge),
        ("connection", connect),
        ("TLS", tls),
        ("page", lambda: _page(report, has_login, rules, usual)),
    ]
    for name, look in steps:
        report.steps.append(_take(name, look))
        if report.failure:
            break
    return report


def _take(name: str, look: Callable[[], Reason]) -> Step:
    """Take one step: `look` returns what it saw, or raises _Failed."""
    started = monotonic()
    try:
        reason, detail = "", look()
    except _Failed as failure:
        reason, detail = failure.reason, failure.why
    return Step(name, reason, detail, round((monotonic() - started) * 1000), REASONS.get(reason))


def _judge(policy: TargetPolicy, url: str, addresses: tuple[str, ...]) -> Reason:
    try:
        policy.check(url, addresses)
    except TargetRefused as refusal:
        raise _Failed("target_not_allowed", refusal.why) from refusal
    return Reason("allowed")


def _resolve(host: str) -> tuple[str, ...]:
    try:
        return resolve(host)
    except (OSError, UnicodeError) as error:
        raise _Failed("name_not_resolved", "name_not_resolved", host=host, error=error) from error


def _connect(addresses: tuple[str, ...], port: int) -> str:
    """Return the first address that accepts a connection. If none does, raises the failure of the first address."""
    failures = []
    for address in addresses:
        try:
            _connect_to(address, port)
            return address
        except _Failed as failure:
            failures.append(failure)
    raise failures[0]


def _connect_to(address: str, port: int) -> None:
    try:
        socket.create_connection((address, port), settings.SCANS_CONNECT_TIMEOUT_SECONDS).close()
    except TimeoutError as error:
        raise _Failed("connection_timed_out", "connection_timed_out", address=address, port=port) from error
    except ConnectionRefusedError as error:
        raise _Failed("connection_refused", "connection_refused", address=address, port=port) from error
    except OSError as error:
        raise _Failed("connection_failed", "connection_failed", address=address, port=port, error=error) from error


def _tls(addresses: tuple[str, ...], host: str, port: int) -> Reason:
    try:
        with (
            socket.create_connection((addresses[0], port), settings.SCANS_CONNECT_TIMEOUT_SECONDS) as plain,
            tls_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            return as_reason(secured.version() or "")
    except ssl.SSLCertVerificationError as error:
        raise _Failed("certificate_refused", "certificate_refused", error=error.verify_message) from error
    except OSError as error:
        raise _Failed("tls_impossible", "tls_impossible", error=error) from error


def _page(report: ConnectionReport, has_login: bool, rules: RequestRules, usual: Seen | None) -> Reason:
    """Request the page as a browser does, following redirects, refreshes and scripts inside the scope, with cookies.

    Returns its address and status code as the detail. Keeps the first answer, and the address that a refresh or a
    script led to, in the report.
    """
    url, cookies = report.url, SiteCookies()
    current, led, timeout = url, False, settings.SCANS_CONNECT_TIMEOUT_SECONDS
    if rules.leaves_out(url):
        raise _Failed("left_out", "page_left_out", url=url)
    with SiteClient(origin(url)[0], report.addresses, timeout=timeout, rules=rules) as client:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _answer(client, current, cookies)
            if current == url and report.usual is None:
                if turned_away := refusal(answer.status, answer.headers, answer.body, usual):
                    raise _Failed("refused", turned_away)
                report.usual = seen(answer.status, answer.headers, answer.body, answer.seconds)
            cookies.follow(current, answer.headers)
            location = answer.headers.get("location", "")
            if answer.status in (301, 302, 303, 307, 308) and location:
                how, current = "redirect", _redirected(current, location)
            elif address := leads_to(page := Page(current, answer.status, answer.headers, answer.body)):
                how, current, led = "lead", address, True
            else:
                if not has_login:  # members may see another page
                    _refuse_frames(framed(page), url)
                detail = _usable(current, answer, has_login)
                report.led_to = current if led else ""
                return Reason("page_leads_on", url=url, page=detail) if led else detail
            if rules.leaves_out(current):
                raise _Failed("left_out", f"{how}_left_out", url=url, address=current)
            if not (in_scope(current, url) or (has_login and is_same_site(current, url))):
                raise _Failed("redirect_out_of_scope", f"{how}_out_of_scope", url=url, address=current)
    raise _Failed("too_many_redirects", "too_many_redirects", url=url, count=MAX_REDIRECTS)


def _refuse_frames(addresses: list[str], url: str) -> None:
    """Raise _Failed for a page of nothing but frames, if none of them shows a page of the target."""
    if addresses and not any(in_scope(address, url) for address in addresses):
        shown = ", ".join(dict.fromkeys(addresses))
        raise _Failed("redirect_out_of_scope", "frames_out_of_scope", url=url, address=shown)


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location).split("#")[0]
    except ValueError as error:
        raise _Failed("no_usable_page", "redirect_to_no_address", url=url, address=repr(location)) from error


def in_scope(url: str, target: str) -> bool:
    """Return whether `url` is on the target's origin and below its folder: only this is scanned."""
    folder = urlsplit(target).path.rpartition("/")[0] + "/"
    return is_same_site(url, target) and (urlsplit(url).path or "/").startswith(folder)


def _answer(client: SiteClient, url: str, cookies: SiteCookies) -> Answer:
    """Return the first answer that is neither a server error nor a rate limit, in a few tries.

    Waits for as long as the site asks for, within reason. Returns the last answer of a rate limit; raises _Failed if
    there are only server errors.
    """
    for attempt in range(_TRIES):
        try:
            answer = client.send("GET", url, cookies.headers(url))
        except (httpx.HTTPError, ValueError) as error:
            shown = error if str(error) else type(error).__name__
            raise _Failed("no_answer", "page_gives_no_answer", url=url, error=shown) from error
        if is_own_answer(answer.headers):
            raise _Failed("target_not_allowed", "is_this_dashboard", url=url)
        if answer.status < 500 and answer.status != TOO_MANY_REQUESTS:
            return answer
        if attempt < _TRIES - 1:
            asked = seconds_to_wait(answer.headers) if answer.status in (TOO_MANY_REQUESTS, UNAVAILABLE) else None
            sleep(min(asked or _SECONDS_BETWEEN_TRIES, _LONGEST_WAIT))
    if answer.status == TOO_MANY_REQUESTS:
        return answer
    raise _Failed("only_server_errors", "only_server_errors", url=url, status=answer.status, count=_TRIES)


def _usable(url: str, answer: Answer, has_login: bool) -> Reason:
    if has_login and answer.status in (401, 403):
        return Reason("page_refuses_strangers", url=url, status=answer.status)
    if answer.status == 401:
        raise _Failed("login_required", "login_required", url=url)
    if answer.status >= 400:
        raise _Failed("no_usable_page", "no_page_to_start_from", url=url, status=answer.status)
    if not answer.body.strip():
        raise _Failed("no_usable_page", "empty_page", url=url, status=answer.status)
    return Reason("page_answers", url=url, status=answer.status)

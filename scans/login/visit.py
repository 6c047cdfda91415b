"""A visitor of a site, who requests pages as a browser without scripts does: with cookies, following redirects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from spnego.exceptions import SpnegoError

from scans.engines.base import Cookie, Session
from scans.login.outcome import LoginFailed
from scans.login.page import Page, shown
from scans.reasons import Reason
from scans.targets.cookies import SiteCookies
from scans.targets.http_client import USER_AGENT, Answer, SiteClient
from scans.targets.policy import origin
from scans.targets.request_rules import NO_RULES, RequestRules

MAX_REDIRECTS = 10
MAX_PAGE_BYTES = 1024**2  # styles and scripts inside a page come before its form
MOST_FORMS = 30  # of a page that are read; hostile pages nest thousands
_ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
# The errors of httpx and httpx-ntlm for a challenge that is malformed or unknown to them.
_HANDSHAKE_ERRORS = (AttributeError, KeyError, RuntimeError, ValueError, SpnegoError)


class Sites(dict[str, tuple[str, ...]]):
    """A URL of each origin that may be reached → its addresses; `rules` are those of the target among them."""

    def __init__(self, addresses: Mapping[str, Iterable[str]], rules: RequestRules = NO_RULES):
        super().__init__({url: tuple(each) for url, each in addresses.items()})
        self.rules = rules


class Visit:
    """A visitor with cookies of its own. Use as a context manager; not thread-safe.

    Reaches the origins of `sites` by their rules and nothing else. `session` is
    what it carries from the start, `auth` how it answers HTTP authentication. Methods raise
    LoginFailed, naming `step`, where a page cannot be had.
    """

    def __init__(self, sites: Sites, session: Session | None = None, auth: httpx.Auth | None = None):
        self._rules = sites.rules
        self._origins = {_origin(url) for url in sites}
        self._auth = auth or httpx.Auth()
        self._headers = session.headers if session else ()
        self._user_agent = (session and session.user_agent) or USER_AGENT
        self._cookies = SiteCookies(session.cookies if session else ())
        timeout = settings.SCANS_CONNECT_TIMEOUT_SECONDS
        self._clients = {
            urlsplit(url).hostname or "": SiteClient(
                origin(url)[0], addresses, timeout=timeout, max_body_bytes=MAX_PAGE_BYTES, rules=sites.rules
            )
            for url, addresses in sites.items()
        }

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *exception) -> None:
        for client in self._clients.values():
            client.__exit__(*exception)

    @property
    def session(self) -> Session:
        """The visitor's cookies, headers and user agent now, for another visitor or an engine to continue with."""
        return Session(cookies=self.cookies, headers=self._headers, user_agent=self._user_agent)

    @property
    def cookies(self) -> tuple[Cookie, ...]:
        """The visitor's cookies now."""
        return tuple(self._cookies)

    def reaches(self, url: str) -> bool:
        """Return whether this visitor may request the address."""
        return _origin(url) in self._origins and not self._rules.leaves_out(url)

    def get(self, url: str, step: str, *, strict: bool = True) -> Page:
        """Return the page at an address, following redirects inside the origins.

        For a redirect to elsewhere: raises LoginFailed if `strict`, otherwise returns the redirecting page.
        """
        return self._follow(self._ask("GET", url, step), step, strict=strict)

    def submit(self, method: str, url: str, body: bytes, content_type: str, referer: str, step: str) -> Page:
        """Send a form and return the page that it leads to. For GET, `body` is the query.

        A redirect to elsewhere is not followed, and not an error.
        """
        headers = {"referer": referer}
        if method == "GET":
            first = self._ask("GET", f"{url.split('?')[0]}?{body.decode()}", step, headers, repeatable=False)
        else:
            headers |= {"content-type": content_type, "origin": "{}://{}".format(*urlsplit(referer)[:2])}
            first = self._ask("POST", url, step, headers, body, repeatable=False)
        return self._follow(first, step, strict=False)

    def _follow(self, page: Page, step: str, *, strict: bool) -> Page:
        for _ in range(MAX_REDIRECTS):
            if not page.next_url:
                return page
            if not self.reaches(page.next_url):
                if not strict:
                    return page
                self._refuse_left_out(page.next_url, step)
                raise out_of_scope(page, step)
            page = self._ask("GET", page.next_url, step, led_by=page.url if page.redirects else "")
        detail = Reason("still_redirects", url=page.shown_url, count=MAX_REDIRECTS)
        raise LoginFailed("too_many_redirects", detail, step)

    def _ask(
        self, method: str, url: str, step: str, headers: Mapping[str, str] | None = None, body: bytes = b"", **page
    ) -> Page:
        try:
            self._refuse_left_out(url, step)
            if not self.reaches(url):
                raise LoginFailed("out_of_scope", Reason("not_on_target", url=shown(url)), step)
            request = httpx.Request(method, url, headers=self._usual_headers(url), content=body)
            request.headers.update(headers or {})
            response = exchange(self._auth, request, self._send)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # Raised `from None`, because the cause may contain the whole address.
            why = str(error) if isinstance(error, httpx.TransportError) else ""
            detail = Reason("page_gives_no_answer", url=shown(url), error=why or type(error).__name__)
            raise LoginFailed("login_page_unreachable", detail, step) from None
        answer = response.extensions["answer"]
        return Page(url, response.status_code, response.headers, answer.body, encoding=answer.encoding, **page)

    def _refuse_left_out(self, url: str, step: str) -> None:
        if self._rules.leaves_out(url):
            raise LoginFailed("left_out", Reason("page_left_out", url=shown(url)), step)

    def _usual_headers(self, url: str) -> list[tuple[str, str]]:
        given = {name.lower() for name, _ in self._headers} | self._rules.headers_for(url).keys()
        usual = [("accept", _ACCEPT), ("user-agent", self._user_agent)]
        return [pair for pair in usual if pair[0] not in given] + list(self._headers)

    def _send(self, request: httpx.Request) -> httpx.Response:
        # httpx reuses the request, so cookies of an earlier round have to go.
        request.headers.pop("cookie", None)
        request.headers.encoding = "utf-8"
        for name, value in self._cookies.headers(request.url).items():
            request.headers[name] = value
        client = self._clients[request.url.raw_host.decode()]
        answer = client.send(request.method, str(request.url), request.headers, request.content or None)
        self._cookies.follow(request.url, answer.headers)
        return as_response(answer, request)


def exchange(
    auth: httpx.Auth, request: httpx.Request, send: Callable[[httpx.Request], httpx.Response]
) -> httpx.Response:
    """Send a request, with all further requests that the authentication needs, and return the last response.

    Raises httpx.RemoteProtocolError for a challenge that cannot be understood, and whatever `send` raises.
    """
    flow = auth.sync_auth_flow(request)
    request = next(flow)
    while True:
        response = send(request)
        try:
            request = flow.send(response)
        except StopIteration:
            return response
        except _HANDSHAKE_ERRORS as error:
            raise httpx.RemoteProtocolError("its challenge cannot be understood") from error


def as_response(answer: Answer, request: httpx.Request) -> httpx.Response:
    """Return an Answer as the httpx.Response that `httpx.Auth` reads; its extension `answer` is the Answer."""
    return httpx.Response(
        answer.status, headers=_without_encoding(answer), request=request, extensions={"answer": answer}
    )


def out_of_scope(page: Page, step: str) -> LoginFailed:
    """Return the error for a page that redirects to another site."""
    detail = Reason("leads_off_target", url=page.shown_url, address=shown(page.next_url))
    return LoginFailed("out_of_scope", detail, step)


def _without_encoding(answer: Answer) -> httpx.Headers:
    """Return the raw headers without those about the body's encoding: the body has been decoded already."""
    skipped = (b"content-encoding", b"content-length", b"transfer-encoding")
    return httpx.Headers([(name, value) for name, value in answer.headers.raw if name.lower() not in skipped])


def _origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port; for something that is not an http address, a value that no target has."""
    try:
        return urlsplit(url).scheme, *origin(url)
    except (KeyError, ValueError):
        return "", "", 0

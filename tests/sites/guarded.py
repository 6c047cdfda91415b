"""A small site that wants a login, in whichever way a test chooses, and says what it was sent."""

from __future__ import annotations

import re
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from time import sleep
from urllib.parse import parse_qsl, urlsplit

import spnego

USER = "alice"
PASSWORD = "owls-fly-by-night&=ü"
TOKEN = "bearer-of-owls"

LOGIN_PAGE = """<!doctype html><title>Come in</title>
<form action="/search"><input name="q"><button>Search</button></form>
<form action="/register" method="post"><input name="email"><input type="password" name="password">
  <input type="password" name="again"><button>Register</button></form>
<form action="/login?from=here" method="post"><input type="hidden" name="token" value="{token}">
  <input name="user"><input type="password" name="password"><input type="checkbox" name="remember" value="yes">
  <button name="go" value="in">Log in</button></form>"""
MEMBERS_PAGE = "<!doctype html><title>Owls</title><p>Hello <b>Alice</b>. <a href='/logout'>Log out</a></p>"
OPEN_PAGE = "<!doctype html><title>Owls</title><p>Anybody may read this. <a href='/login'>Log in</a></p>"


@dataclass
class Switches:
    """What the site does; each may be changed at any moment."""

    delay: float = 0  # seconds before each answer
    scheme: str = ""  # instead of a form: "Basic", "Digest", "NTLM" or "Bearer"
    open: bool = False  # the start page is for everybody, and looks alike for members
    login_page: str = LOGIN_PAGE
    members_page: str = MEMBERS_PAGE
    members_status: int = 200
    open_page: str = OPEN_PAGE
    refused: tuple[int, str] | None = None  # status and page for a wrong password, instead of the form again
    landing: str = "/"  # where a right password leads
    welcome: str = ""  # … or the page that is its answer
    asks_at: str = ""  # where it asks for HTTP authentication, there alone; then a cookie tells its visitor
    login_page_for_strangers: bool = False  # members are led on from it
    takes_post: bool = True
    keeps_login: bool = True
    same_browser: bool = False  # a session is good with the User-Agent alone that it began with
    wants: dict[str, str] = field(default_factory=dict)  # headers of every request; without them: 401
    code_page: str = ""  # shown after a right password, instead of letting in
    location: str = ""  # where strangers are sent, instead of /login
    pages: dict[str, str | Callable[[], str]] = field(default_factory=dict)  # further pages, for everybody
    headers: dict[str, tuple[str, str]] = field(default_factory=dict)  # one more header of the answer at this path
    leads: dict[str, str] = field(default_factory=dict)  # from here to there, everybody
    sessions: set[str] = field(default_factory=set)  # the values of the cookie `session` that are good


@dataclass(frozen=True)
class Request:
    """One request that the site saw."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class GuardedSite(Switches):
    """Listens on a free loopback port until the block ends."""

    def __init__(self, **switches):
        super().__init__(**switches)
        self.requests: list[Request] = []
        self.tokens: dict[str, str] = {}
        self.browsers: dict[str, str] = {}  # the User-Agent that each session began with
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> GuardedSite:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def attempts(self) -> list[Request]:
        """The logins that were tried with a form."""
        return [request for request in self.requests if request.method == "POST"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, site: GuardedSite):
        self.site = site
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece; unbuffered ones cost 40 ms each
    disable_nagle_algorithm = True
    server: _Server
    ntlm = None  # the handshake of this connection
    known = False  # … has been completed

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        sleep(self.server.site.delay)
        self.server.site.requests.append(Request(self.command, self.path, headers, body))
        self.cookies = {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("Cookie", "")).items()}
        fields = dict(parse_qsl(urlsplit(self.path).query)) | dict(parse_qsl(body)) | _parts(body)
        path = urlsplit(self.path).path
        further = [self.server.site.headers[path]] if path in self.server.site.headers else []
        self.answer(*self.page(path, fields), *further)

    do_POST = do_GET

    def page(self, path: str, fields: dict[str, str]) -> tuple:
        """Status, page and headers."""
        site = self.server.site
        if any(self.headers.get(name) != value for name, value in site.wants.items()):
            return 401, "not without its headers", ("WWW-Authenticate", 'Basic realm="front"')
        if path in site.pages:
            page = site.pages[path]
            return 200, page() if callable(page) else page
        if path in site.leads:
            return 302, "", ("Location", site.leads[path])
        if site.scheme and site.asks_at in ("", path):
            return self.challenge(site)
        if path == "/login" and not (site.login_page_for_strangers and self.is_member(site)):
            return self.login(site, fields)
        if path == "/logout":
            site.sessions.discard(self.cookies.get("session", ""))
            return 302, "", ("Location", "/login")
        if self.command == "POST":
            return 405, "not by POST"
        if self.is_member(site):
            return site.members_status, site.members_page
        if site.open:
            return 200, site.open_page
        return 302, "", ("Location", site.location or "/login")

    def is_member(self, site: GuardedSite) -> bool:
        """Whether this request comes with a good session, from the browser that it began in where that matters."""
        session = self.cookies.get("session", "")
        same_browser = site.browsers.get(session) in (None, self.headers.get("User-Agent"))
        return session in site.sessions and (same_browser or not site.same_browser)

    def login(self, site: GuardedSite, fields: dict[str, str]) -> tuple:
        visitor = self.cookies.get("visitor") or token_hex(4)
        if "password" not in fields:
            site.tokens[visitor] = token_hex(4)
            page = site.login_page.replace("{token}", site.tokens[visitor])
            return 200, page, ("Set-Cookie", f"visitor={visitor}; Path=/; HttpOnly")
        if self.command == "POST" and not site.takes_post:
            return 405, "not by POST"
        if "{token}" in site.login_page and fields.get("token") != site.tokens.get(visitor):
            return 403, "This form was not ours."
        if (fields.get("user"), fields["password"]) != (USER, PASSWORD):
            return site.refused or (200, site.login_page)
        return (200, site.code_page) if site.code_page else self.let_in(site)

    def let_in(self, site: GuardedSite) -> tuple:
        """What a right password leads to, with the cookie of a new session."""
        session = token_hex(8)
        site.browsers[session] = self.headers.get("User-Agent", "")
        site.sessions |= {session} if site.keeps_login else set()
        cookie = ("Set-Cookie", f"session={session}; Path=/")
        return (200, site.welcome, cookie) if site.welcome else (303, "", ("Location", site.landing), cookie)

    def challenge(self, site: GuardedSite) -> tuple:
        """The start page behind HTTP authentication."""
        if site.open and not site.asks_at and "Authorization" not in self.headers:
            return 200, site.open_page
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if scheme == site.scheme and getattr(self, f"is_{scheme.lower()}")(given):
            return self.let_in(site) if site.asks_at else (200, site.members_page)
        if site.scheme == "NTLM" and self.known:
            return 200, site.members_page
        details = {"Digest": ' realm="owls", qop="auth", nonce="n1"', "Basic": ' realm="owls"'}
        value = getattr(self, "reply", "") or site.scheme + details.get(site.scheme, "")
        return 401, "who are you?", ("WWW-Authenticate", value)

    def is_basic(self, given: str) -> bool:
        return b64decode(given).decode() == f"{USER}:{PASSWORD}"

    def is_bearer(self, given: str) -> bool:
        return given == TOKEN

    def is_digest(self, given: str) -> bool:
        """RFC 7616 with MD5 and qop auth."""
        values = {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', given)}
        secret = _md5(f"{USER}:owls:{PASSWORD}")
        middle = ":".join(values[name] for name in ("nonce", "nc", "cnonce", "qop"))
        return values["response"] == _md5(f"{secret}:{middle}:{_md5(f'{self.command}:{self.path}')}")

    def is_ntlm(self, given: str) -> bool:
        """One step of the handshake, which belongs to this connection."""
        self.ntlm = self.ntlm or spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
        self.reply = ""
        try:
            token = self.ntlm.step(b64decode(given))
        except spnego.exceptions.SpnegoError:
            return False
        self.known = self.ntlm.complete
        self.reply = f"NTLM {b64encode(token).decode()}" if token else ""
        return self.known

    def answer(self, status: int, page: str, *headers: tuple[str, str]) -> None:
        content = page.encode()
        self.send_response(status)
        usual = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(content)))]
        for name, value in (*usual, *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


def ntlm_accounts(folder: Path) -> Path:
    """The file that NTLM_USER_FILE must name for NTLM to know the user."""
    path = folder / "accounts"
    path.write_text(f":{USER}:{PASSWORD}\n")
    return path


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _parts(body: str) -> dict[str, str]:
    """The fields of a multipart body."""
    return dict(re.findall(r'name="([^"]+)"\r\n\r\n(.*?)\r\n--', body, re.DOTALL))

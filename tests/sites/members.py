"""A small site with a login: what is weak stands behind it, and the login can be lost."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOGIN_FORM = (
    '<form method="post" action="/login"><input name="user"><input type="password" name="password">'
    '<input type="submit"></form>'
)
LINKS = '<a href="/hello?name=you">hello</a> <a href="/admins">admins</a> <a href="/logout">log out</a>'


class MembersSite:
    """Lets in who carries the newest of its session cookies; forgets it after `lasts` requests of members.

    `links` are those of its start page. `public`: what strangers are shown at any address, instead of being led to the
    login page. `exit`: an address that ends the membership, without a word of it. `forgets_at`: a text in an address
    that does so once. `deletes_at`: one after which the start page answers 404, still to members as to such.
    `one_at_a_time`: it serves one request after the other; what `/big` answers no buffer holds. `for_browsers`: who
    names no program is refused, and who does not ask for HTML is given JSON. `guards`: where a form is sent, which ends
    the membership of who sends it without the token that the page has since the last login. `tires_at`: a text in an
    address after which it asks to be asked less often, for three seconds. `seconds`: how long each answer takes.
    """

    def __init__(
        self,
        lasts: int = 0,
        rotates: bool = False,
        public: str = "",
        forgets_at: str = "",
        exit: str = "",
        one_at_a_time: bool = False,
        for_browsers: bool = False,
        links: str = LINKS,
        deletes_at: str = "",
        guards: str = "",
        tires_at: str = "",
        seconds: float = 0.0,
    ):
        self.seconds = seconds
        self.tires_at, self.tired_until = tires_at, 0.0
        self.guards, self.token = guards, ""
        self.exit, self.one_at_a_time = exit, one_at_a_time
        self.lasts, self.rotates, self.public, self.forgets_at = lasts, rotates, public, forgets_at
        self.for_browsers, self.links, self.deletes_at, self.deleted = for_browsers, links, deletes_at, False
        self.sessions: set[str] = set()
        self.asked: list[tuple[str, bool]] = []
        self.posted: list[str] = []
        self._since_login = 0
        site = self

        class Handler(MembersHandler):
            members_site = site
            protocol_version = "HTTP/1.0" if one_at_a_time else "HTTP/1.1"

        self.server = (HTTPServer if one_at_a_time else ThreadingHTTPServer)(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def let_in(self, value: str) -> str:
        """From now on this cookie's value is a member's."""
        self.sessions, self.token = {value}, f"token-for-{value}"
        self._since_login = 0
        return value

    def is_member(self, value: str) -> bool:
        """Whether who carries this value is let in, this time."""
        self._since_login += value in self.sessions
        if self.lasts and self._since_login > self.lasts:
            self.sessions.clear()
        return value in self.sessions

    def note(self, path: str, address: str, member: bool, value: str) -> None:
        """Keep in mind what was asked for, and by whom; what is to happen then, does."""
        self.asked.append((path, member))
        if path == self.exit:
            self.sessions.discard(value)
        if self.forgets_at and self.forgets_at in address:
            self.sessions.clear()
            self.forgets_at = ""
        if self.tires_at and self.tires_at in address:
            self.tires_at, self.tired_until = "", time.monotonic() + 3
        self.deleted |= member and bool(self.deletes_at) and self.deletes_at in address

    def form(self) -> str:
        """The form of each page, if there is one."""
        hidden = f'<input type="hidden" name="token" value="{self.token}">'
        return f'<form method="post" action="{self.guards}">{hidden}<input name="note"></form>' if self.guards else ""

    def take(self, path: str, body: str, value: str) -> None:
        """Who carries this value sent a form."""
        self.posted.append(f"{path} {body}")
        if urlsplit(path).path == self.guards and self.token not in parse_qs(body).get("token", []):
            self.sessions.discard(value)

    def members_asked_for(self, path: str) -> bool:
        """Whether somebody who was let in asked for it."""
        return (path, True) in self.asked

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class MembersHandler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1
    members_site: MembersSite

    def do_GET(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        member = self.members_site.is_member(self.value())
        time.sleep(self.members_site.seconds)
        self.members_site.note(path, self.path, member, self.value())
        if time.monotonic() < self.members_site.tired_until:
            self.answer(429, "")
        elif self.members_site.for_browsers and "user-agent" not in self.headers:
            self.answer(403, "")
        elif self.members_site.for_browsers and "text/html" not in self.headers.get("accept", ""):
            self.answer(200, "{}")
        elif path == "/login":
            self.answer(200, LOGIN_FORM)
        elif not member and self.members_site.public:
            self.answer(200, self.members_site.public)
        elif not member:
            self.answer(302, "", [("Location", "/login")])
        elif path == "/logout":
            self.members_site.sessions.clear()
            self.answer(200, "bye")
        elif path == "/admins" and not self.members_site.public:
            self.answer(302, "", [("Location", "/login")])
        elif path == "/hello":
            self.answer(200, f"<p>Hello {query.get('name', [''])[0]}</p>")
        else:
            filler = "x" * 7_000_000 if path == "/big" else ""
            status = 404 if self.members_site.deleted else 200
            self.answer(status, f"<h1>Members</h1>{self.members_site.links}{self.members_site.form()}{filler}")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.members_site.take(self.path, body.decode(errors="replace"), self.value())
        self.do_GET()

    def value(self):
        cookies = dict(part.strip().partition("=")[::2] for part in self.headers.get("cookie", "").split(";"))
        return cookies.get("sid", "")

    def answer(self, status, text, headers=()):
        body = text.encode()
        self.send_response(status)
        for name, value in [("Content-Type", "text/html"), ("Content-Length", str(len(body))), *headers]:
            self.send_header(name, value)
        if self.members_site.rotates and self.members_site.sessions:
            new = f"{next(iter(self.members_site.sessions))[:12]}-{len(self.members_site.asked)}"
            self.members_site.sessions.add(new)
            self.send_header("Set-Cookie", f"sid={new}; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

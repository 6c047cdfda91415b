"""Two applications on one host that call their session's cookie alike, as PHP's do, each at a path of its own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

COOKIE = "PHPSESSID"
NEST = "Eulenhöhle".encode().decode("latin-1")  # UTF-8, as many a site puts it into headers
FORM = '<form method="post"><input name="user"><input type="password" name="password"><button>Log in</button></form>'


class Neighbours:
    """Use as a context manager. The first application has members, let in by any password; the second shows its page.

    `roots` are where they are, the first's may hold the second's. `asked` is what was asked for, and with which
    values of the cookie, in their order; an application reads the first, and begins a session where it knows it not.
    """

    def __init__(self, first: str = "/first/", second: str = "/second/"):
        self.first, self.second = first, second
        self.begun: dict[str, list[str]] = {first: [], second: []}
        self.members: set[str] = set()
        self.asked: list[tuple[str, list[str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Neighbours:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception) -> None:
        self._server.shutdown()
        self._server.server_close()

    def sent_to(self, root: str) -> list[list[str]]:
        """The values that came with each request for an application."""
        return [values for path, values in self.asked if self.root_of(path) == root]

    def root_of(self, path: str) -> str:
        """Which application answers there; none, where it is empty."""
        return max((root for root in (self.first, self.second) if path.startswith(root)), key=len, default="")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    site: Neighbours

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, site = urlsplit(self.path).path, self.site
        pairs = [pair.strip().partition("=") for pair in self.headers.get("Cookie", "").split(";")]
        values = [value for name, _, value in pairs if name == COOKIE]
        site.asked.append((path, values))
        if not (root := site.root_of(path)):
            self.answer(f"<a href='{site.first}'>first</a> <a href='{site.second}'>second</a>")
            return
        known = bool(values) and values[0] in site.begun[root]
        session = values[0] if known else token_hex(16)
        if not known:
            site.begun[root].append(session)
        cookie = {} if known else {"Set-Cookie": f"{COOKIE}={session}; Path={root}; HttpOnly"}
        self.page(root, path, session, cookie)

    do_POST = do_GET

    def page(self, root: str, path: str, session: str, cookie: dict[str, str]) -> None:
        """What the application shows, and to whom."""
        site = self.site
        if root == site.second:
            self.answer("<h1>Second</h1><a href='?page=1'>1</a>", cookie)
        elif path == f"{root}login" and self.command == "POST":
            site.members.add(session)
            self.answer("", {**cookie, "Location": root}, 303)
        elif path == f"{root}login":
            self.answer(FORM, cookie)
        elif session not in site.members:
            self.answer("", {**cookie, "Location": f"{root}login"}, 302)
        elif path == f"{root}hello":
            self.answer(f"<p>Hello {parse_qs(urlsplit(self.path).query).get('name', [''])[0]}</p>", cookie)
        else:
            links = f"<a href='{site.second}'>second</a> <a href='{root}hello?name=you'>hello</a>"
            self.answer(f"<h1>Members</h1>{links}", cookie)

    def answer(self, page: str, headers: dict[str, str] | None = None, status: int = 200) -> None:
        """Send it."""
        content = page.encode()
        self.send_response(status)
        usual = {"Content-Type": "text/html", "Content-Length": str(len(content)), "X-Nest": NEST}
        for name, value in {**usual, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

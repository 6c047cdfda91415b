"""A small web site with known weaknesses, on a port of its own, that remembers what it was asked."""

from __future__ import annotations

import html
import random
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FORM = '<form method="post" action="/notes"><input name="note" value="a"><input type="submit"></form>'


class WeakSite:
    """Listens from creation until `stop`; `delay` seconds pass before each answer."""

    def __init__(
        self,
        pages: int = 5,
        delay: float = 0.0,
        links: tuple[str, ...] = (),
        redirect_to: str = "",
        form: bool = True,
    ):
        self.pages = pages
        self.delay = delay
        self.links = links
        self.redirect_to = redirect_to
        self.form = FORM if form else ""
        self.silent = False
        self.hang_up = 0.0  # share of requests whose connection is cut instead of answered
        self.asked: list[tuple[float, str]] = []
        self.connections: set[socket.socket] = set()
        site = self

        class Handler(WeakHandler):
            weak_site = site

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.software = Handler.version_string(Handler)
        self.url = f"http://127.0.0.1:{self.port}/"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Be gone as a killed server is: not listening, connections cut."""
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def asked_since(self, moment: float) -> list[str]:
        """Paths asked for after a time.monotonic()."""
        return [path for when, path in self.asked if when > moment]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A scanner that is killed hangs up in mid-answer: no news."""


class WeakHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # answers leave in one piece: unbuffered ones cost 40 ms each (Nagle, delayed ACK)
    disable_nagle_algorithm = True
    weak_site: WeakSite
    random = random.Random(1)

    def setup(self):
        super().setup()
        self.weak_site.connections.add(self.connection)

    def finish(self):
        self.weak_site.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.do_GET()

    def do_GET(self):
        site = self.weak_site
        site.asked.append((time.monotonic(), self.path))
        while site.silent:
            time.sleep(0.1)
        time.sleep(site.delay)
        if self.random.random() < site.hang_up:
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        if parts.path == "/endless":
            self.drip()
            return
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path == "/away" and site.redirect_to:
            self.answer(302, "", Location=site.redirect_to)
        else:
            self.answer(*self.page(parts.path, query))

    def page(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        """Status and body for a path."""
        if path == "/":
            numbered = "".join(f'<a href="/page/{number}">page</a>' for number in range(self.weak_site.pages))
            foreign = "".join(f'<a href="{link}">away</a>' for link in self.weak_site.links)
            known = '<a href="/search?q=x">search</a><a href="/item?id=1">item</a><a href="/away">away</a>'
            return 200, known + numbered + foreign + self.weak_site.form
        if path == "/search":
            return 200, f"You searched for {query.get('q', '')}"  # reflected as it came
        if path == "/item":
            wrong = "'" in query.get("id", "") or '"' in query.get("id", "")
            error = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server"
            return 200, f"{error} version" if wrong else "an item"
        if path == "/notes" or path.startswith("/page/"):
            return 200, f"nothing special at {html.escape(path)}"
        return 404, "not here"

    def drip(self) -> None:
        """An answer without end, as pages with live news give."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(b"news ")
            self.wfile.flush()
            time.sleep(0.05)

    def answer(self, status: int, body: str, **headers: str) -> None:
        """Send it, with a careless cookie."""
        content = f"<!doctype html><title>weak</title><body>{body}</body>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Set-Cookie", "session=1")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

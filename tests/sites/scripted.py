"""A site that answers as a function of the test says: for behaviour that is one test's alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def cookies(self) -> str:
        """The value of its Cookie header."""
        return self.headers.get("cookie", "")

    def form(self, encoding: str = "utf-8") -> dict[str, str]:
        """The fields of its body, read in an encoding."""
        pairs = parse_qs(self.body.decode("ascii"), keep_blank_values=True, encoding=encoding)
        return {name: values[0] for name, values in pairs.items()}


class ScriptedSite:
    """Listens on a free loopback port until the block ends.

    `answer` gets the request and returns status, page (text or bytes) and pairs of headers. `asked` are the requests.
    """

    def __init__(self, answer: Callable[[Asked], tuple]):
        self.answer, self.asked = answer, []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> ScriptedSite:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exception) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def posted(self) -> list[Asked]:
        """The requests by POST."""
        return [asked for asked in self.asked if asked.method == "POST"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    site: ScriptedSite

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parts.query, headers, body)
        self.site.asked.append(asked)
        status, page, *more = self.site.answer(asked)
        content = page if isinstance(page, bytes) else page.encode()
        self.send_response(status)
        if not any(name.lower() == "content-type" for name, _ in more):
            more.append(("Content-Type", "text/html; charset=utf-8"))
        for name, value in (("Content-Length", str(len(content))), *more):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

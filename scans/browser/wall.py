"""The wall around the browser: a proxy of our own that connects to the allowed sites' addresses and nowhere else.

Standard library only, since it runs in the browser's child process. Chromium resolves no name itself
and reaches nothing but this proxy, so that neither a redirect, nor DNS, nor a script in a page leads
it elsewhere.
"""

import select
import socket
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).parents[1] / "targets"))  # last: nothing else is found there
from shared_rules import Patterns  # noqa: E402

CONNECT_SECONDS = 10
IDLE_SECONDS = 60
LONGEST_HEAD = 64 * 1024
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def place(url: str) -> tuple[str, int]:
    """Host, in lower case, and port of a URL; raises ValueError."""
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme, 0)


class Wall(ThreadingTCPServer):
    """Listens on a port of loopback until `shutdown`; `refused` are the places that were asked for in vain."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, sites: Mapping[str, list[str]], left_out: Iterable[str] = ()):
        self.places = {place(url): list(addresses) for url, addresses in sites.items()}
        self._patterns = Patterns(left_out)
        self.refused: set[tuple[str, int]] = set()
        super().__init__(("127.0.0.1", 0), _Connection)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def pattern_of(self, url: str) -> str:
        """Return the pattern that leaves an address out, or nothing. Inside TLS, only the gate can read addresses."""
        return self._patterns.first(url)

    def connect(self, where: tuple[str, int]) -> socket.socket | None:
        """A connection to one of the addresses of an allowed place; None for any other, or where none answers."""
        if where not in self.places:
            self.refused.add(where)
            return None
        for address in self.places[where]:
            try:
                return socket.create_connection((address, where[1]), CONNECT_SECONDS)
            except OSError:
                continue
        return None

    def handle_error(self, request, client_address) -> None:
        """Ignore a browser that hangs up."""


class _Connection(StreamRequestHandler):
    """One connection of the browser: CONNECT for TLS and sockets, or one plain request."""

    def handle(self) -> None:
        """Read the head, connect, and pass on what comes."""
        method, _, rest = self.rfile.readline(LONGEST_HEAD).decode("latin-1").partition(" ")
        target = rest.rpartition(" ")[0]
        lines = self._header_lines()
        try:
            where = place(f"https://{target}" if method == "CONNECT" else target)
        except ValueError:
            where = "", 0
        there = None if method != "CONNECT" and self.server.pattern_of(target) else self.server.connect(where)
        if there is None:
            status = "502 No Connection" if where in self.server.places else "403 Refused"
            self._answer(f"{status}\r\nContent-Length: 0\r\nConnection: close")
            return
        with there:
            if method == "CONNECT":
                self._answer("200 Connected")
                self._both_ways(there)
            else:
                self._one_request(method, target, lines, there)

    def _answer(self, status: str) -> None:
        self.wfile.write(f"HTTP/1.1 {status}\r\n\r\n".encode())

    def _header_lines(self) -> list[str]:
        """The request's headers, without those that concern the proxy's own connection."""
        lines = []
        while (line := self.rfile.readline(LONGEST_HEAD).decode("latin-1")).strip():
            if line.partition(":")[0].lower() not in ("connection", "proxy-connection", "keep-alive"):
                lines.append(line)
        return lines

    def _one_request(self, method: str, target: str, lines: list[str], there: socket.socket) -> None:
        """Send it with its body, and pass on the answer until the site closes."""
        parts = urlsplit(target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lengths = [line.partition(":")[2] for line in lines if line.lower().startswith("content-length:")]
        body = self.rfile.read(int(lengths[0])) if lengths else b""
        there.sendall(f"{method} {path} HTTP/1.1\r\n{''.join(lines)}Connection: close\r\n\r\n".encode("latin-1") + body)
        there.settimeout(IDLE_SECONDS)
        while data := there.recv(65536):
            self.wfile.write(data)

    def _both_ways(self, there: socket.socket) -> None:
        """Pass on until one side ends, or both are silent."""
        pairs = {self.connection: there, there: self.connection}
        while ready := select.select(list(pairs), [], [], IDLE_SECONDS)[0]:
            for side in ready:
                data = side.recv(65536)
                if not data:
                    return
                pairs[side].sendall(data)

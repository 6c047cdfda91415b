"""A site that answers with bombs: small on the wire, endless or huge for a client that does not take care."""

from __future__ import annotations

import gzip
import threading
import zlib
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MEGABYTE = 1024**2
FINE = b"<!doctype html><title>Fine</title><p>Owls fly at night.</p>"


@cache
def zeros(megabytes: int) -> bytes:
    """So much of nothing, packed: a thousandth of it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)), packer.flush()])


@cache
def bombs() -> dict[str, tuple[str, bytes]]:
    """The Content-Encoding and the body of each bomb that has an end, by its path."""
    return {
        "/gzip": ("gzip", zeros(500)),
        "/nested": ("gzip, gzip", gzip.compress(zeros(500))),
        "/deflate": ("deflate", zlib.compress(bytes(100 * MEGABYTE), 9)),
        "/layers": (", ".join(["gzip"] * 5000), zeros(1)),
        "/brotli": ("br", b"\xff" * 1000),
        "/broken": ("gzip", b"no gzip at all"),
    }


class BombSite(ThreadingHTTPServer):
    """Listens on a free loopback port. Use as a context manager. Its start page links to the bombs, and to `/fine`."""

    daemon_threads = True
    endless = ("/chunks", "/heads", "/interims")

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        self.ended = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def __exit__(self, *exception) -> None:
        self.ended.set()
        self.shutdown()
        super().__exit__(*exception)

    def handle_error(self, request, client_address) -> None:
        """Ignore a client that has had enough."""


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in bombs():
            encoding, body = bombs()[path]
            self._send([f"Content-Encoding: {encoding}", f"Content-Length: {len(body)}"], body)
        elif path in self.server.endless:
            getattr(self, path.strip("/"))()
        else:
            links = "".join(f'<a href="{to}">{to}</a>' for to in (*bombs(), "/chunks", "/heads", "/fine"))
            self._send([], FINE + (links.encode() if path == "/" else b""))

    do_POST = do_HEAD = do_OPTIONS = do_GET

    def _send(self, lines: list[str], body: bytes) -> None:
        head = ["HTTP/1.1 200 OK", "Content-Type: text/html", "Connection: close", *lines, "", ""]
        self.wfile.write("\r\n".join(head).encode() + body)

    def _for_ever(self, piece: bytes) -> None:
        with suppress(OSError):
            while not self.server.ended.is_set():
                self.wfile.write(piece)

    def chunks(self) -> None:
        """A body without an end."""
        self._send(["Transfer-Encoding: chunked"], b"")
        self._for_ever(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    def heads(self) -> None:
        """A head without an end."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        self._for_ever(b"X-More: " + b"x" * 4096 + b"\r\n")

    def interims(self) -> None:
        """One interim answer after the other."""
        self._for_ever(b"HTTP/1.1 103 Early Hints\r\n\r\n")

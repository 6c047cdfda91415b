"""The site that is scanned: answers every address, and shows what it is asked for. Ends with its standard input."""

import sys
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


class Page(BaseHTTPRequestHandler):
    """One page, with the parameters as they came: it is weak against cross-site scripting."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        asked = urlsplit(self.path)
        shown = "".join(value for _, value in parse_qsl(asked.query))
        body = (
            f"<html><title>{escape(asked.path)}</title><p>Steady page {escape(asked.path)} {shown}</p></html>".encode()
        )
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, *_) -> None:
        """Say nothing."""


class Site(ThreadingHTTPServer):
    """The server: many connections at once."""

    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    site = Site((sys.argv[1], int(sys.argv[2])), Page)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    sys.stdin.read()

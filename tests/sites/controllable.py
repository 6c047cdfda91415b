"""A small site whose behaviour a test changes while it runs: it answers, fails, drips, hangs, redirects or dies."""

from __future__ import annotations

import html
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qsl, urljoin, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PAGE = '<!doctype html><title>Owls</title><p>Owls fly at night. <a href="/search?q=owl">Search</a></p>'
BIG_PAGE = "owl " * 50_000
FILLER = "".join(f"<p>Line {number} of a page that is long.</p>" for number in range(200))
SQL_ERROR = "You have an error in your SQL syntax"


@dataclass
class Switches:
    """What the site does; each may be changed at any moment."""

    status: int = 0  # answer everything with this status
    refuses: str = ""  # answer 403 to every address with this text, as a firewall does
    hang: bool = False  # take the request, never answer
    drip_head: float = 0  # seconds between the bytes of the answer's head
    drip_body: float = 0  # … and of its body
    close: bool = False  # close the connection instead of answering
    location: str = ""  # redirect every request, except for this location itself, to here
    loop: bool = False  # redirect every request to itself
    needs_cookie: bool = False  # redirect to itself until the cookie that it sets comes back
    body: str | None = None  # what the page is, instead of PAGE
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    mended: bool = False  # the weaknesses are gone
    dies_after: int = 0  # stop listening after so many requests


@dataclass(frozen=True)
class Request:
    """One request that the site saw."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


class ControllableSite(Switches):
    """Listens on a free loopback port from creation until `stop`. Use as a context manager."""

    def __init__(self, *, tls: bool = False, address: str = "127.0.0.1", **switches):
        super().__init__(**switches)
        self.requests: list[Request] = []
        self.released = threading.Event()
        self._server = _Server(self, address)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate())
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_port
        self.url = f"{'https' if tls else 'http'}://{address}:{self.port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> ControllableSite:
        return self

    def __exit__(self, *exception) -> None:
        self.stop()

    @property
    def location_path(self) -> str:
        """Where `location` leads on this site."""
        return urljoin("/", self.location.split("#")[0])

    @property
    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.requests]

    def stop(self) -> None:
        """Be gone: not listening, and whoever still waits is cut off."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.connections):
            _cut(connection)

    def die(self) -> None:
        """Stop from inside a request."""
        threading.Thread(target=self.stop, daemon=True).start()
        self.released.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, site: ControllableSite, address: str):
        self.site = site
        self.connections: set[socket.socket] = set()
        super().__init__((address, 0), _Handler)

    def handle_error(self, request, client_address) -> None:
        """Say nothing of visitors who hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece; unbuffered ones cost 40 ms each
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_) -> None:
        pass

    def do_GET(self) -> None:
        site = self.server.site
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        site.requests.append(Request(self.command, self.path, headers, body))
        if site.dies_after and len(site.requests) > site.dies_after:
            site.die()
        if site.hang:
            site.released.wait()
        if site.close or site.released.is_set():
            self.close_connection = True
            return
        self.answer(*(self.switched() or self.page({**dict(parse_qsl(urlsplit(self.path).query)), **_fields(body)})))

    do_POST = do_HEAD = do_OPTIONS = do_CONNECT = do_GET

    def switched(self) -> tuple[int, str, dict[str, str]] | None:
        """Status, body and headers where a switch decides them."""
        site = self.server.site
        if site.status:
            return site.status, f"{site.status} for everything", {}
        if site.refuses and site.refuses in self.path:
            return 403, "<h1>Forbidden</h1>", {}
        if site.loop:
            return 302, "", {"Location": self.path}
        if site.needs_cookie and "seen=yes" not in self.headers.get("Cookie", ""):
            return 302, "", {"Location": self.path, "Set-Cookie": "seen=yes; Max-Age=60; Path=/"}
        if site.location and self.path != site.location_path:
            return 302, "", {"Location": site.location}
        return None

    def page(self, values: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """The pages, weak until they are mended."""
        site, path = self.server.site, urlsplit(self.path).path
        if path == "/":
            flags = "; HttpOnly; Secure" if site.mended else ""
            headers = {} if "session=" in self.headers.get("Cookie", "") else {"Set-Cookie": f"session=1{flags}"}
            policy = "default-src 'self'; script-src 'self'" if site.mended else "script-src *"
            return 200, PAGE if site.body is None else site.body, headers | {"Content-Security-Policy": policy}
        if path == "/search":
            words = values.get("q", "")
            return 200, f"<p>You searched for {html.escape(words) if site.mended else words}</p>", {}
        if path == "/item":
            is_broken = "'" in values.get("id", "") and not site.mended
            return 200, f"{FILLER}<p>{SQL_ERROR if is_broken else 'an item'}</p>{FILLER}", {}
        if path == "/go":
            return 302, "", {"Location": "/" if site.mended else values.get("to", "/")}
        if path == "/broken":
            return (500, "broken", {}) if "'" in values.get("q", "") and not site.mended else (200, "well", {})
        return 404, "not here", {}

    def answer(self, status: int, body: str, headers: dict[str, str]) -> None:
        """Send it, drop by drop where a switch says so."""
        site, content = self.server.site, body.encode()
        values = {"Content-Type": site.content_type, "Content-Length": str(len(content)), **headers, **site.headers}
        lines = [f"HTTP/1.1 {status} Because", *(f"{name}: {value}" for name, value in values.items()), "", ""]
        self.drip("\r\n".join(lines).encode("latin-1"), site.drip_head)
        self.drip(content if self.command != "HEAD" else b"", site.drip_body)

    def drip(self, content: bytes, seconds: float) -> None:
        if not seconds:
            self.wfile.write(content)
            return
        for byte in content:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.site.released.wait(seconds):
                return


def _fields(body: str) -> dict[str, str]:
    return dict(parse_qsl(body))


def _cut(connection: socket.socket) -> None:
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass


@cache
def certificate() -> tuple[str, str]:
    """Files with a certificate for 127.0.0.1 and localhost that nobody signed, and its key; made once."""
    folder = TemporaryDirectory(prefix="certificate-")
    _kept.append(folder)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = Path(folder.name) / "certificate.pem", Path(folder.name) / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(certificate), str(secret)


_kept: list[TemporaryDirectory] = []

"""The demo site: "Owl Post", a small shop that is weak on purpose, so that a newcomer has something to scan.

Every weakness is real over HTTP and harmless to the machine: no file is read, no command is run, no
other address is contacted, and everything lives in memory. It listens on 127.0.0.1 and nowhere else.
Nothing of the product is imported here; `manage.py demo_site` runs it.
"""

import posixpath
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
WARNING = "Deliberately weak demo site — never expose it"
MAX_BODY_BYTES = 16 * 1024
MAX_GUESTBOOK_ENTRIES = 300
MAX_ENTRY_CHARACTERS = 200
MAX_SQL_STEPS = 200_000

PRODUCTS = [
    (1, "Owl treats", "Dried mice, ten to a bag."),
    (2, "Perch", "Oak, for owls of up to two kilograms."),
    (3, "Letter pouch", "Waterproof, with a strap for either leg."),
]
LEAFLETS = "/srv/owlpost/leaflets"
# The whole "disk" that the leaflet page can reach.
FILES = {
    f"{LEAFLETS}/feeding.txt": "Feed your owl at dusk. Never give it chocolate.",
    f"{LEAFLETS}/moulting.txt": "From June to September: patience, and a larger broom.",
    "/etc/passwd": (
        "root:x:0:0:root:/root:/bin/bash\n"
        "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
        "owl:x:1000:1000:A made-up file of the demo site:/home/owl:/bin/sh\n"
    ),
}

LAYOUT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title} — Owl Post</title>
<style>
body {{ font: 1rem/1.5 sans-serif; margin: 0 auto; max-width: 42rem; padding: 0 1rem; }}
.warning {{ background: #7a1020; color: #fff; padding: .5rem 1rem; }}
nav a {{ margin-right: 1rem; }}
</style></head>
<body>
<p class="warning"><strong>{warning}</strong></p>
<nav><a href="/">Owl Post</a> <a href="/products">Products</a> <a href="/search">Search</a>
<a href="/leaflets">Leaflets</a> <a href="/guestbook">Guest book</a> <a href="/delivery">Delivery</a>
<a href="/about">About</a></nav>
<h1>{title}</h1>
{content}
</body></html>
"""


@dataclass
class Answer:
    """The answer to one request."""

    title: str
    content: str = ""
    status: HTTPStatus = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        """Return the whole page; each one carries the warning."""
        return LAYOUT.format(title=self.title, content=self.content, warning=WARNING).encode()


class Shop:
    """The pages. `pages` maps a path to the method that answers it, given the parameters by name."""

    def __init__(self):
        self.guestbook = deque([("Ada", "My owl loves the treats.")], maxlen=MAX_GUESTBOOK_ENTRIES)
        self.pages: dict[str, Callable[[dict[str, str]], Answer]] = {
            "/": self.home,
            "/products": self.products,
            "/product": self.product,
            "/search": self.search,
            "/leaflets": self.leaflets,
            "/leaflet": self.leaflet,
            "/guestbook": self.read_guestbook,
            "/delivery": self.delivery,
            "/about": self.about,
            "/go": self.go,
        }

    def answer(self, method: str, path: str, parameters: dict[str, str]) -> Answer:
        """Return the page at `path`; only the guest book takes a POST."""
        if path not in self.pages:
            return Answer("Not found", "<p>No owl has ever been here.</p>", HTTPStatus.NOT_FOUND)
        if method != "POST":
            return self.pages[path](parameters)
        if path == "/guestbook":
            return self.sign_guestbook(parameters)
        return Answer("Not allowed", "", HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"})

    def home(self, parameters: dict[str, str]) -> Answer:
        """Weak: a cookie without HttpOnly, Secure and SameSite. (No page sets any security header.)"""
        return Answer(
            "Everything for your owl",
            '<p>Treats, perches and pouches. <a href="/go?to=/products">See our offers</a>.</p>',
            headers={"Set-Cookie": "basket=empty; Path=/"},
        )

    def products(self, parameters: dict[str, str]) -> Answer:
        """Link to every product."""
        items = "".join(f'<li><a href="/product?id={key}">{name}</a></li>' for key, name, _ in PRODUCTS)
        return Answer("Products", f"<ul>{items}</ul>")

    def product(self, parameters: dict[str, str]) -> Answer:
        """Weak: the parameter is pasted into the SQL text, and the database's error is shown."""
        query = f"SELECT name, description FROM product WHERE id = '{parameters.get('id', '')}'"  # noqa: S608
        try:
            rows = _run_sql(query)
        except sqlite3.Error as error:
            message = f"sqlite3.{type(error).__name__}: {error} in: {query}"
            return Answer("Error", f"<pre>{escape(message)}</pre>", HTTPStatus.INTERNAL_SERVER_ERROR)
        if not rows:
            return Answer("Not found", "<p>We do not sell that.</p>", HTTPStatus.NOT_FOUND)
        return Answer("Product", "".join(f"<h2>{row[0]}</h2><p>{row[1]}</p>" for row in rows))

    def search(self, parameters: dict[str, str]) -> Answer:
        """Weak: what was searched for is written into the page as it came."""
        words = parameters.get("q", "")
        form = '<form action="/search"><input name="q" aria-label="Search"> <button>Search</button></form>'
        if not words:
            return Answer("Search", form)
        found = "".join(f"<li>{name}</li>" for _, name, _ in PRODUCTS if words.lower() in name.lower())
        return Answer("Search", f"{form}<p>You searched for {words}:</p><ul>{found}</ul>")

    def leaflets(self, parameters: dict[str, str]) -> Answer:
        """Link to a leaflet."""
        return Answer("Leaflets", '<p><a href="/leaflet?file=feeding.txt">Feeding</a></p>')

    def leaflet(self, parameters: dict[str, str]) -> Answer:
        """Weak: the name may climb out of its folder, within the pretended disk `FILES`."""
        path = posixpath.normpath(posixpath.join(LEAFLETS, parameters.get("file", "")))
        if path not in FILES:
            return Answer("Not found", "<p>There is no such leaflet.</p>", HTTPStatus.NOT_FOUND)
        return Answer("Leaflet", f"<pre>{escape(FILES[path])}</pre>")

    def read_guestbook(self, parameters: dict[str, str]) -> Answer:
        """Weak: entries are shown as they were written, to every later visitor; the form has no token."""
        entries = "".join(f"<li>{name}: {message}</li>" for name, message in list(self.guestbook))
        form = (
            '<form method="post" action="/guestbook"><input name="name" aria-label="Name"> '
            '<input name="message" aria-label="Message"> <button>Sign</button></form>'
        )
        return Answer("Guest book", f"{form}<ul>{entries}</ul>")

    def sign_guestbook(self, parameters: dict[str, str]) -> Answer:
        """Keep the entry, dropping the oldest one when the book is full."""
        name, message = (parameters.get(key, "")[:MAX_ENTRY_CHARACTERS] for key in ("name", "message"))
        self.guestbook.append((name, message))
        return Answer("Thank you", status=HTTPStatus.SEE_OTHER, headers={"Location": "/guestbook"})

    def delivery(self, parameters: dict[str, str]) -> Answer:
        """Show a plain page."""
        return Answer("Delivery", "<p>By owl, on the next clear night.</p>")

    def about(self, parameters: dict[str, str]) -> Answer:
        """Show a plain page that says what this site is for."""
        return Answer("About", "<p>This shop is made up. It exists to be scanned.</p>")

    def go(self, parameters: dict[str, str]) -> Answer:
        """Weak: sends the visitor to wherever the link says."""
        # A line break would end the header; that weakness is not on offer here.
        to = "".join(parameters.get("to", "/").splitlines())
        return Answer("This way", status=HTTPStatus.FOUND, headers={"Location": to})


def _run_sql(query: str) -> list[tuple]:
    """Run one statement on a database of its own in memory; too long or too large a query is an error."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE TABLE product (id INTEGER, name TEXT, description TEXT)")
        connection.executemany("INSERT INTO product VALUES (?, ?, ?)", PRODUCTS)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
        connection.set_progress_handler(lambda: 1, MAX_SQL_STEPS)
        return connection.execute(query).fetchmany(100)
    finally:
        connection.close()


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests."""

    protocol_version = "HTTP/1.1"
    server_version = "OwlPost/1.0"
    # An answer leaves in one packet, at once: buffered here, not held back by the kernel.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self):
        """Answer from the address alone."""
        self._send(self._answer({}))

    do_HEAD = do_GET

    def do_POST(self):
        """Answer from the address and a body of form fields."""
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY_BYTES:
            # The body stays unread, so the connection cannot be used again.
            self.close_connection = True
            self._send(Answer("Too large", "", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"Connection": "close"}))
            return
        body = self.rfile.read(int(length)).decode(errors="replace")
        self._send(self._answer(_fields(body)))

    def _answer(self, form: dict[str, str]) -> Answer:
        address = urlsplit(self.path)
        return self.server.shop.answer(self.command, address.path, _fields(address.query) | form)

    def _send(self, answer: Answer) -> None:
        body = answer.body()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            # Header lines are Latin-1; whatever else a visitor sent is left out.
            self.send_header(name, value.encode("latin-1", "ignore").decode("latin-1"))
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        """Say nothing: a scan makes thousands of requests."""


def _fields(encoded: str) -> dict[str, str]:
    """Return the last value of each field; too many fields count as none."""
    try:
        fields = parse_qs(encoded, keep_blank_values=True, errors="replace", max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}


class DemoSite(ThreadingHTTPServer):
    """The server, listening from the moment it is made. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int):
        self.shop = Shop()
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def handle_error(self, request, client_address):
        """Say nothing of visitors who hang up; scanners do it all the time."""

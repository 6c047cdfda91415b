"""The requests of the pages in a browser, and the tokens by which the site recognises them.

Nothing of the product, since it runs in the browser's child process.
"""

import json
import re
from collections.abc import Collection, Iterable
from email import message_from_bytes
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Error
from wall import place

MOST_ASKED_FOR = 200  # addresses, and as many requests with a body; a page may ask for ever new ones
LONGEST_BODY = 32 * 1024
WITH_BODY = ("POST", "PUT", "PATCH")  # a request to delete something is not made again
SECRET_FIELD = re.compile(r"pass|pwd|secret|token|otp", re.IGNORECASE)
PASSWORD_PARAMETER = re.compile(r"pass|pwd|secret", re.IGNORECASE)  # tokens are part of many a harmless address
# Headers by which scripts say who is asking, where no cookie does; those against forged requests are none.
TOKEN_HEADER = re.compile(r"^(?!:)(?!.*[cx]srf).*(auth|token|jwt|session|api-?key)", re.IGNORECASE)
LONGEST_ANSWER = 10_000  # characters
SHORTEST_TOKEN = 11  # characters: 64 bits in base64


class Listener:
    """Hears the requests of a browser context to `target`, which is one of the `places` that may be visited."""

    def __init__(self, context, target: str, places: Collection[tuple[str, int]]):
        self.target, self.places = place(target), places
        self.visited: list[str] = []
        self.navigations: list = []  # the requests for pages and frames
        self.forms: list[dict] = []
        self.asked: dict[str, bool] = {}  # what scripts of pages got by GET → whether only after a password was typed
        self.tokens: dict[str, str] = {}  # headers that scripts sent with success …
        self.tokens_of_strangers: set[tuple[str, str]] = set()  # … and before any password was typed
        self.secrets: set[str] = set()  # what was typed into password fields
        self.sent = 0  # requests that may have carried a form
        self.answer = None  # the response to the last request that was sent after a password was typed
        self.pending: dict = {}  # requests without an answer yet → whether asked only after a password was typed
        context.on("request", self._note)
        context.on("response", self._note_answer)
        context.on("requestfinished", self._answered)
        context.on("requestfailed", self._answered)

    def told(self) -> dict:
        """Return the requests that may be reported, as base.Played has them."""
        return {
            "visited": self._inside(self.visited),
            "forms": [form for form in self.forms if self._may_be_told(form["url"], form["fields"], form["body"])],
            "asked_for": self._inside(self.asked),
            "asked_as_member": self._inside(url for url, as_member in self.asked.items() if as_member),
            "headers": [token for token in self.tokens.items() if token not in self.tokens_of_strangers],
        }

    def answered(self) -> dict:
        """Return status and text of the answer to what was sent last, as base.Played has them."""
        if self.answer is None:
            return {"status": 0, "answered": ""}
        try:
            text = "" if self.answer.request.is_navigation_request() else self.answer.text()
        except Error:  # it is gone with its page
            text = ""
        return {"status": self.answer.status, "answered": text[:LONGEST_ANSWER]}

    def _note(self, request) -> None:
        """Remember what is navigated to and sent, for the crawl to begin with."""
        self.pending[request] = bool(self.secrets)
        self.sent += request.method != "GET" or request.is_navigation_request()
        if not request.url.startswith(("http:", "https:")):
            return
        if request.is_navigation_request():
            self.navigations.append(request)
            if request.method == "GET":
                self.visited.append(request.url.split("#")[0])  # one with a password in it is not told: see _inside
            else:
                self._note_sent(request)
        elif request.method in WITH_BODY and is_by_script(request) and len(self.forms) < MOST_ASKED_FOR:
            self._note_sent(request)

    def _note_sent(self, request) -> None:
        """Remember what a form or a script sends; nothing with a secret in it: an engine keeps what it sends."""
        fields, body = fields_of(request), json_of(request)
        names = [name for name, _ in fields] + [name for name, _ in leaves(json.loads(body or "{}"))]
        if (fields or body) and not any(map(SECRET_FIELD.search, names)):
            form = {"method": request.method, "url": request.url.split("#")[0], "fields": fields, "body": body}
            self.forms += [form] if form not in self.forms else []

    def _note_answer(self, response) -> None:
        """Remember what the scripts of a page got, and by what header the site knew them."""
        request = response.request
        if request.method != "GET" and self.secrets and place(request.url) in self.places:
            self.answer = response
        if not is_by_script(request) or place(request.url) != self.target or not 200 <= response.status < 300:
            return
        headers = {(name, value) for name, value in request.headers.items() if is_token(name, value)}
        as_member = self.pending.get(request, False)  # what a stranger asked for may be answered after the login
        if as_member:
            self.tokens |= dict(headers - self.tokens_of_strangers)
        else:
            self.tokens_of_strangers |= headers
        carries_token = any(is_token(name, value) for name, value in parse_qsl(urlsplit(request.url).query))
        if request.method == "GET" and not carries_token and len(self.asked) < MOST_ASKED_FOR:
            self.asked.setdefault(request.url.split("#")[0], as_member)

    def _answered(self, request) -> None:
        self.pending.pop(request, None)

    def _inside(self, urls: Iterable[str]) -> list[str]:
        return [url for url in dict.fromkeys(urls) if self._may_be_told(url)]

    def _may_be_told(self, url: str, fields: Iterable[tuple[str, str]] = (), body: str = "") -> bool:
        """Return whether a request goes to an allowed site and has no password or token in it."""
        values = [value for _, value in [*parse_qsl(urlsplit(url).query), *fields, *leaves(json.loads(body or "{}"))]]
        typed = any(value in self.secrets for value in values)
        given = any(token.split(" ")[-1] in url + body for token in self.tokens.values())
        return place(url) in self.places and not typed and not given and not has_password(url)


def is_by_script(request) -> bool:
    """Return whether a script of a page makes this request."""
    return request.resource_type in ("xhr", "fetch")


def json_of(request) -> str:
    """Return the JSON that a script sends, an object or a list; empty for anything else, and for too much."""
    kind = request.headers.get("content-type", "text/plain").partition(";")[0].strip()
    body = request.post_data_buffer or b""
    if len(body) > LONGEST_BODY or not (kind.endswith("json") or kind == "text/plain"):  # fetch says so of any text
        return ""
    try:
        value = json.loads(body)
        return json.dumps(value, ensure_ascii=False) if value and isinstance(value, dict | list) else ""
    except (ValueError, RecursionError):
        return ""


def leaves(value, name: str = "") -> list[tuple[str, str]]:
    """Return the names and values inside of JSON, as the fields of a form have them."""
    found, inside = [], [(name, value)]
    while inside:
        name, value = inside.pop()
        if isinstance(value, dict):
            inside += value.items()
        elif isinstance(value, list):
            inside += [(name, item) for item in value]
        else:
            found.append((name, str(value)))
    return found


def shown(url: str) -> str:
    """An address for a message: without user, query and fragment, which may hold what was typed, or a token."""
    return re.sub(r"//[^/]*@", "//", re.split("[?#]", url)[0])[:300]


def is_token(name: str, value: str) -> bool:
    """Return whether a header or parameter carries a token: it is named so, and long enough."""
    return bool(TOKEN_HEADER.search(name)) and len(value.split(" ")[-1]) >= SHORTEST_TOKEN


def has_password(url: str) -> bool:
    """Return whether an address has a password in its query, which an engine would keep on disk."""
    return any(PASSWORD_PARAMETER.search(name) for name, _ in parse_qsl(urlsplit(url).query))


def fields_of(request) -> list[tuple[str, str]]:
    """Return the fields that a form sends, without files; none if the request is not sent as forms usually are."""
    kind, body = request.headers.get("content-type", ""), request.post_data_buffer or b""
    if kind.startswith("multipart/form-data"):
        parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body).walk()
        named = [(part, part.get_param("name", header="content-disposition")) for part in parts]
        fields = [
            (str(name), part.get_payload(decode=True).decode(errors="replace"))
            for part, name in named
            if name and part.get_filename() is None
        ]
    elif kind.startswith("application/x-www-form-urlencoded"):
        fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    else:
        fields = []
    return fields[:200]

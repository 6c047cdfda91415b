# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Descriptions of an API that a crawl comes across, and whether it asked the addresses in them. Wapiti reads none."""

import json
import re
from urllib.parse import unquote, urljoin, urlsplit

MOST_PATHS = 20_000  # requested paths that are remembered
MOST_COMPARED = 200  # paths of one description; of more, an even choice
LONGEST_PATH = 300  # characters; longer ones are left out
MOST_DESCRIPTIONS = 20
LONGEST_HEADER = 4000  # characters that are read
_OPENAPI = re.compile(r"""(?m)(?:^|[{,])\s{0,20}["']?(openapi|swagger)["']?\s*:\s*["']?\d\.\d""")
_YAML_PATH = re.compile(r"""(?m)^[ \t]{1,8}["']?(/[^\s:"']*)["']?\s*:\s*$""")
_PAGES = re.compile(r"(?i)swagger-?ui|<redoc\b|redoc\.standalone|<rapi-doc|<elements-api|@scalar/api-reference")
_SPEC = re.compile(
    r"""(?i)\b(?:url|spec-?_?url|apiDescriptionUrl|data-url|configUrl)["']?\s*[:=]\s*["']([^"'\s]+)["']"""
)
_IN_SCRIPTS = re.compile(
    r"""["'`]([^"'`\s]{0,200}(?:(?:openapi|swagger|api-docs)[^"'`\s]{0,100}\.(?:json|ya?ml)|/v\d/api-docs))["'`]""",
    re.IGNORECASE,
)
_GRAPHQL_PAGES = re.compile(r"(?i)graphiql|graphql[- ]playground|apollo-?server-?landing|embeddable-(sandbox|explorer)")
_GRAPHQL_ANSWER = re.compile(
    r"""(?i)"__schema"|must provide (a )?query|query (string )?(is )?missing|missing query|no graphql query|"""
    r"""get query missing|POST body missing.*query|graphql .{0,40}(quer|operation)"""
)
_GRAPHQL_IN_SCRIPTS = re.compile(r"""["'`]([^"'`\s]{0,200}/graphql(?:/v\d+)?/?)["'`]""", re.IGNORECASE)
_OTHERS = {
    "WSDL": re.compile(r"<(?:\w+:)?definitions\b[^>]*http://schemas\.xmlsoap\.org/wsdl/"),
    "WADL": re.compile(r"<(?:\w+:)?application\b[^>]*http://wadl\.dev\.java\.net"),
    "RAML": re.compile(r"\A\s*#%RAML"),
    "Postman": re.compile(r"schema\.getpostman\.com/json/collection"),
}
_LINK = re.compile(r"<([^<>]+)>([^<]*)")  # address and parameters
_SERVICE_DESC = re.compile(r"""\brel\s*=\s*["']?[^"',;]*\bservice-desc\b""", re.IGNORECASE)
_NAMES = {"openapi": "OpenAPI", "swagger": "Swagger"}


class Descriptions:
    """The descriptions seen so far, and the paths requested so far."""

    def __init__(self, origin):
        self.origin = origin
        self.found = {}  # address → (kind, patterns of its paths, or None where only its address is known)
        self.paths = set()
        self.queried = set()  # paths of GraphQL that were really asked something

    def asked(self, method, url):
        """Note a request of the crawl that was answered."""
        parts = urlsplit(url)
        if len(self.paths) < MOST_PATHS and len(parts.path) <= LONGEST_PATH:
            self.paths.add(unquote(parts.path))
        if method == "POST" or re.search(r"(^|&)query=[^&]", parts.query):
            self.queried.add(parts.path)

    def take(self, url, status, headers, text, is_page):
        """Look for a description, or for a sign of one, in an answer. Return whether the answer is one."""
        for address, parameters in _LINK.findall(headers.get("link", "")[:LONGEST_HEADER]):
            if _SERVICE_DESC.search(parameters):
                self.note(url, address, "OpenAPI")
        if is_page:
            self.take_page(url, text)
        elif "javascript" in headers.get("content-type", ""):
            self.take_script(url, text)
        elif kind := kind_of(text, status):
            self.note(url, url, kind, paths_of(url, text) if kind in _NAMES.values() else None)
            return True
        return False

    def take_page(self, url, text):
        """Look at a page that shows a description to people, or whose scripts name one."""
        if _GRAPHQL_PAGES.search(text):
            self.note(url, url, "GraphQL")
        elif _PAGES.search(text):
            if not any([self.note(url, address, "OpenAPI") for address in _SPEC.findall(text)]):
                self.note(url, url, "OpenAPI")
        else:
            self.take_script(url, text)

    def take_script(self, url, text):
        """Look for the address of a description in a script; addresses in it are relative to the site's root."""
        for kind, pattern in (("OpenAPI", _IN_SCRIPTS), ("GraphQL", _GRAPHQL_IN_SCRIPTS)):
            for address in pattern.findall(text):
                self.note(urljoin(url, "/"), address, kind)

    def note(self, base, address, kind, paths=None):
        """Keep a description; known paths take the place of a mere address. Return whether it is on this site."""
        try:
            url = urljoin(base, address).partition("#")[0].partition("?")[0]
            ours = urlsplit(url)[:2] == self.origin
        except ValueError:
            return False
        if ours and len(self.found) < MOST_DESCRIPTIONS and self.found.get(url, (kind, None))[1] is None:
            self.found[url] = kind, paths
        return ours

    def unread(self):
        """Return kind and address of each description of which hardly any address was requested.

        Where a description was read, mere signs of one, such as a page that shows it to people, say nothing more.
        """
        known = any(paths for _, paths in self.found.values())
        return [
            [kind, url]
            for url, (kind, paths) in sorted(self.found.items())
            if not (known and kind in _NAMES.values() and paths is None) and not self.is_read(url, kind, paths)
        ]

    def is_read(self, url, kind, paths):
        """Return whether at least half of a description's addresses were requested."""
        if kind == "GraphQL":
            return urlsplit(url).path in self.queried
        if paths is None:
            return False
        asked = "\n".join(self.paths)
        return sum(bool(path.search(asked)) for path in paths) * 2 >= len(paths)


def kind_of(text, status):
    """Return the kind of description that an answer is, or the kind of API that refuses it; empty for any other."""
    if status < 300 and (found := _OPENAPI.search(text)) and re.search(r"""\bpaths["']?\s*:""", text):
        return _NAMES[found[1]]
    if _GRAPHQL_ANSWER.search(text[:5000]):
        return "GraphQL"
    return next((name for name, pattern in _OTHERS.items() if status < 300 and pattern.search(text[:5000])), "")


def paths_of(url, text):
    """Return patterns for the paths of an OpenAPI or Swagger description; None if none can be read."""
    try:
        document = json.loads(text)
        base, names = base_of(url, document), list(document["paths"])
        if not names:
            return []
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        base, names = "", _YAML_PATH.findall(text)
    if not names:
        return None
    chosen = [base + str(name) for name in names[:: len(names) // MOST_COMPARED + 1]]
    return [pattern_of(path) for path in chosen if len(path) <= LONGEST_PATH]


def pattern_of(path):
    """Return the pattern of a path such as /items/{id} at the end of a line, whatever stands before it.

    A part between two slashes has one place for anything, however many parameters it holds: that bounds the time.
    """
    with_gaps = re.sub(r"\{[^/]*\}", "\0", path)
    return re.compile("(?m)" + re.escape(with_gaps).replace("\0", r"[^/\n]+") + "$")


def base_of(url, document):
    """Return the path that the paths of a description begin with."""
    if "basePath" in document:
        return str(document["basePath"]).rstrip("/")
    servers = document.get("servers") or [{"url": "/"}]
    return urlsplit(urljoin(url, str(servers[0]["url"]))).path.rstrip("/")

# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The rules for every request to the target: headers to send, and addresses that are never requested."""

import sys
from pathlib import Path

import httpx
from cookies import with_cookies

sys.path.append(str(Path(__file__).parents[3] / "targets"))  # last: nothing of the driver or of Wapiti is found there
from shared_rules import Patterns, is_header_name, is_of_connection  # noqa: E402

# Sent by Wapiti where a User-Agent was given (scans/engines/base.py), which takes its place; any other is an attack.
STAND_IN = "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)"
LEFT_OUT, NO_ADDRESS = "left_out", "no_address"  # codes of scans.reasons
OF_ITS_BODY = "content-type"


def refuse_headers(headers):
    """Raise ValueError for a header that would lead to another site, or break the connection; values are not named."""
    for name, value in headers:
        if is_of_connection(name):
            raise ValueError(f"the header {name.strip()} belongs to the connection and cannot be given")
        if not is_header_name(name) or any(ord(character) < 32 or character == "\x7f" for character in value):
            raise ValueError("a header has a name or a value that no request can carry")


class Rules:
    """The rules of one job."""

    def __init__(self, job):
        refuse_headers(job["headers"])
        self.headers = {name.lower(): value for name, value in job["headers"]}
        self.patterns = Patterns(job["left_out"])

    def leave_out(self, url):
        """Return whether this address is never requested, however it is spelled."""
        return bool(self.patterns.first(str(url)))

    def dressed(self, request):
        """A copy of the request that carries the headers; the original stays as Wapiti made it."""
        if not self.headers:
            return request
        headers = httpx.Headers(request.headers)
        kept = {OF_ITS_BODY} & headers.keys()
        if headers.get("user-agent", STAND_IN) != STAND_IN:  # an attack
            kept.add("user-agent")
        given = {name: value for name, value in self.headers.items() if name not in kept}
        if "cookie" in given:
            given["cookie"] = with_cookies(given["cookie"], headers.get("cookie", ""))
        headers.update(given)
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

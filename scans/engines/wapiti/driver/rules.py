# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""The rules for every request to the target: headers to send, and addresses that are never requested."""

import re
from urllib.parse import unquote

import httpx

# The product has the same list in scans/targets/request_rules.py.
REFUSED_HEADERS = frozenset(
    "host content-length transfer-encoding connection keep-alive proxy-connection proxy-authenticate "
    "proxy-authorization te trailer upgrade http2-settings expect content-encoding accept-encoding".split()
)
# Sent by Wapiti where a User-Agent was given (scans/engines/base.py), which takes its place; any other is an attack.
STAND_IN = "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)"
LEFT_OUT = "left_out"  # a code of scans.reasons


def refuse_headers(headers):
    """Raise ValueError for a header that would lead to another site, or break the connection; values are not named."""
    for name, _ in headers:
        if name.lower() in REFUSED_HEADERS:
            raise ValueError(f"the header {name} belongs to the connection and cannot be given")


class Rules:
    """The rules of one job."""

    def __init__(self, job):
        refuse_headers(job["headers"])
        self.headers = {name.lower(): value for name, value in job["headers"]}
        self.left_out = [re.compile(pattern) for pattern in job["left_out"]]

    def leave_out(self, url):
        """Return whether this address is never requested; percent-encoded letters are understood."""
        url = str(url).partition("#")[0]
        return any(pattern.fullmatch(one) for pattern in self.left_out for one in {url, unquote(url)})

    def dressed(self, request):
        """A copy of the request that carries the headers; the original stays as Wapiti made it."""
        if not self.headers:
            return request
        headers = httpx.Headers(request.headers)
        attacks = headers.get("user-agent", STAND_IN) != STAND_IN
        headers.update({name: value for name, value in self.headers.items() if name != "user-agent" or not attacks})
        return httpx.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

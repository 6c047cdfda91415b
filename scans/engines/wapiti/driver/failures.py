# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Addresses that the engine dropped and modules that broke, each reported once. Wapiti logs them and carries on."""

from contextvars import ContextVar

MAX_REPORTS = 1000
CRAWL = "crawl"  # what drops an address before any module gets it


class Failures:
    """The failures reported so far."""

    def __init__(self, channel):
        self.channel = channel
        self.said = set()
        # Set in the task of a request: why we did not send it ourselves. Wapiti does not tell that from a failure.
        self.refused = ContextVar("refused", default="")

    def note(self, module, request, error):
        """Report that a module failed, at this address or, without one, as a whole.

        `error` is an exception or a code of scans.reasons.
        """
        method, url = (request.method, request.url.partition("?")[0]) if request else ("", "")
        if (module, method, url) in self.said or len(self.said) >= MAX_REPORTS:
            return
        self.said.add((module, method, url))
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        self.channel.send("module_failed", module=module, method=method, url=url, error=self.channel.masked(text)[:500])

# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""How far the scan got with each address of the site, reported once for each state of an address."""

MAX_REPORTS = 20_000  # events about addresses; a site with endless addresses would fill the pipe


class Coverage:
    """The states of addresses reported so far. An address is a method and a URL without its query string."""

    def __init__(self, channel):
        self.channel = channel
        self.said = set()

    def note(self, reach, method, url, *, status=0, reason="", with_query=False):
        """Report the state, unless it was reported before or the limit is reached."""
        url = url.partition("#")[0]
        url = url if with_query else url.partition("?")[0]
        saying = reach, method, url
        if saying in self.said or len(self.said) >= MAX_REPORTS or not url.startswith(("http://", "https://")):
            return
        self.said.add(saying)
        self.channel.send("address_seen", reach=reach, method=method, url=url, status=status, reason=reason)

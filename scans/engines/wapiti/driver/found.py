# SPDX-License-Identifier: GPL-2.0-or-later
# The file LICENSE beside it has the terms.
"""Findings on their way into Wapiti's session and out to the product, each at once and once."""

import asyncio
import functools
import inspect
from urllib.parse import urlsplit

from findings import evidence, key, place
from sqlalchemy import func, select

LONGEST_REQUEST = 32 * 1024  # characters kept of a finding's request; report.py cuts the same
LEVELS = ("info", "low", "medium", "high", "critical")


class Found:
    """The findings of a scan."""

    def __init__(self, scan, definitions, texts):
        """`definitions` are Wapiti's, by category; `texts` its functions for requests and references."""
        self.scan = scan
        target = urlsplit(scan.job["url"])
        self.origin = f"{target.scheme}://{target.netloc}"
        self.definitions = definitions
        self.http_repr, self.flatten = texts
        self.reported = set()  # the identity of a finding, as in events.identity
        self.storing = asyncio.Lock()

    async def on_finding(self, original, persister, *args, **kwargs):
        """Store a finding and report it at once, as read back from the store, so that it equals the report's."""
        values = inspect.signature(original).bind(persister, *args, **kwargs).arguments
        await asyncio.shield(self.store(functools.partial(original, persister, *args, **kwargs), persister, values))

    async def store(self, original, persister, values):
        """Store the finding and report it, within the budget; not interrupted when its module is cancelled."""
        known = key(values["request"], self.http_repr(values["request"], left_margin=""), values)
        async with self.storing:  # so that the newest row is this one
            if known not in self.reported and len(self.reported) >= self.scan.job["max_findings"]:
                self.scan.end("too_many_findings", "too_many_findings", count=len(self.reported))
                return
            await original()
            request = await self.newest_request(persister)
            self.tell(request, values)

    async def newest_request(self, persister):
        """Return the request of the finding stored last."""
        newest = select(func.max(persister.payloads.c.evil_path_id))
        async with persister._engine.begin() as connection:
            path_id = (await connection.execute(newest)).scalar()
        return await persister.get_path_by_id(path_id)

    async def tell_stored(self, persister):
        """Report the session's findings that were not reported: an earlier process', or those stored while stopping."""
        async for payload in persister.get_payloads():
            self.tell(payload.evil_request, payload._asdict())

    def tell(self, request, values):
        """Send the finding event, once for each weakness."""
        text = self.http_repr(request, left_margin="")
        if (known := key(request, text, values)) in self.reported:
            return
        self.reported.add(known)
        definition = self.definitions.get(values["category"])
        self.scan.channel.send(
            "finding",
            category=values["category"],
            severity=LEVELS[values["level"]],
            method=request.method,
            url=self.origin + place(request, text, values),
            parameter=values.get("parameter") or "",
            module=values["module"],
            info=values.get("info") or "",
            http_request=self.scan.channel.masked(text)[:LONGEST_REQUEST],
            description=definition.description() if definition else "",
            solution=definition.solution() if definition else "",
            references=list(self.flatten(definition.references()).items()) if definition else [],
            wstg=values.get("wstg") or [],
            **evidence(values.get("response"), self.scan.channel.masked),
        )

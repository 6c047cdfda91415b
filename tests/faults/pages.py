"""Many open lists that poll as the page does, through restarts of the web server and the database."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import httpx
from django.conf import settings
from django.test import Client

from tests import factories
from tests.benchmarks.soak import Dashboard

SECONDS_BETWEEN_POLLS = 2


class Pages:
    """So many dashboards in a thread of their own, and what they were answered."""

    def __init__(self, count: int, port: str):
        client = Client()
        client.force_login(factories.user("Reviewer", "reader"))
        self._cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
        self._count, self._url = count, f"http://127.0.0.1:{port}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch_all()), daemon=True)
        self.answers: Counter[str] = Counter()

    def begin(self) -> None:
        """Open all."""
        self._thread.start()

    def end(self) -> None:
        """Close all."""
        self._over.set()
        self._thread.join(60)

    async def _watch_all(self) -> None:
        limits = httpx.Limits(max_connections=None, keepalive_expiry=1)
        options = {"base_url": self._url, "cookies": self._cookies, "limits": limits, "timeout": 60}
        async with httpx.AsyncClient(**options) as client:
            await asyncio.gather(*(self._watch(client, number) for number in range(self._count)))

    async def _watch(self, client: httpx.AsyncClient, number: int) -> None:
        await asyncio.sleep(SECONDS_BETWEEN_POLLS * number / self._count)
        page = None
        while not self._over.is_set():
            try:
                if page is None:
                    page = Dashboard(client)
                    await page.open()
                await page.poll()
                self.answers["answered"] += 1
            except httpx.TransportError:
                self.answers["no web server"] += 1
                page = None
            except httpx.HTTPStatusError as error:
                self.answers[f"status {error.response.status_code}"] += 1
                page = None
            await asyncio.sleep(SECONDS_BETWEEN_POLLS)

"""The product's own check of a site while an engine scans it: engines can report success for sites that are down."""

import threading

import httpx
from django.conf import settings

from scans.targets.http_client import SiteClient
from scans.targets.policy import origin, resolve
from scans.targets.request_rules import NO_RULES, RequestRules
from scans.timing import DEFAULT_TIMING, Timing


class SiteMonitor(threading.Thread):
    """Requests the target's page every 10 seconds, more often after a failure. No database.

    `lost` is set after three failures in a row if the engine got no response meanwhile either. `dns_failed` is set
    after the name has not resolved for longer, whatever the engine does: the engine keeps the addresses that the name
    once had, and may find a site there that nobody else sees.
    """

    FAILURES, FAILURES_OF_THE_NAME = 3, 6

    def __init__(
        self, url: str, addresses: tuple[str, ...], timing: Timing = DEFAULT_TIMING, rules: RequestRules = NO_RULES
    ):
        super().__init__(daemon=True)
        self._url, self._addresses, self._timing, self._rules = url, addresses, timing, rules
        self._done = threading.Event()
        self._failures = self._failures_of_the_name = 0
        self.lost, self.dns_failed = threading.Event(), threading.Event()

    def run(self) -> None:
        """Check the site until `finish`."""
        while not self._done.wait(self._interval()):
            self._failures = 0 if answers(self._url, self._addresses, self._rules) else self._failures + 1
            self._failures_of_the_name = 0 if has_a_name(self._url) else self._failures_of_the_name + 1
            if self._failures >= self.FAILURES:
                self.lost.set()
            if self._failures_of_the_name >= self.FAILURES_OF_THE_NAME:
                self.dns_failed.set()

    def _interval(self) -> float:
        failing = self._failures or self._failures_of_the_name
        return self._timing.between_looks_after_failure if failing else self._timing.between_looks

    def engine_got_answers(self) -> None:
        """Note that the engine got a response, so the failures seen here do not count."""
        self._failures = 0
        self.lost.clear()

    def finish(self) -> None:
        """Stop checking."""
        self._done.set()


def has_a_name(url: str) -> bool:
    """Return whether the host of `url` resolves to any address."""
    try:
        return bool(resolve(origin(url)[0]))
    except OSError:
        return False


def answers(url: str, addresses: tuple[str, ...], rules: RequestRules = NO_RULES) -> bool:
    """Return whether the site answers a plain request for `url` with anything but a server error."""
    timeout = min(5.0, settings.SCANS_CONNECT_TIMEOUT_SECONDS)
    try:
        with SiteClient(origin(url)[0], addresses, timeout=timeout, rules=rules) as client:
            return client.send("GET", url).status < 500
    except httpx.HTTPError:
        return False

"""Logging in again while a scan runs: counted, at a limited rate, and not for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from django.conf import settings

from scans.engines.base import NewLogin
from scans.login.outcome import LoginFailed
from scans.timing import DEFAULT_TIMING, Timing

TOLERATED = 50  # failed logins in a row; one more ends the scan


class LoginKeeper:
    """The login of one running scan. Not thread-safe; the logins themselves run in a thread of their own.

    `log_in()` makes one attempt and raises LoginFailed. The counts are the scan's so far.
    """

    def __init__(
        self,
        log_in: Callable[[], NewLogin],
        *,
        succeeded: int,
        failed: int,
        in_a_row: int,
        timing: Timing = DEFAULT_TIMING,
    ):
        self._log_in, self._timing = log_in, timing
        self.succeeded, self.failed, self.in_a_row = succeeded, failed, in_a_row
        self.failure: LoginFailed | None = None  # of the last attempt
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="login")
        self._attempt: Future[NewLogin | None] | None = None
        self._over = threading.Event()
        self._tried_at = self._made_at = monotonic()
        self._logged_in_at: float | None = None  # when we last did; None: the login that the scan began with

    def lost(self, *, explained: bool = False) -> None:
        """The engine was logged out: begin to log in again. `explained`: it knows by what, and leaves that alone."""
        ours, since = self._logged_in_at is not None, self._logged_in_at or self._made_at
        held = monotonic() - since >= self._timing.login_holds
        # The login that the scan began with was none of our attempts: it does not count as failed.
        if held or (ours and not explained):
            self._count(held=held)
        self._logged_in_at = None
        self._begin()

    def _count(self, *, held: bool) -> None:
        self.in_a_row = 0 if held else self.in_a_row + 1
        self.failed += not held

    def _begin(self) -> None:
        wait = max(0.0, self._tried_at + settings.SCANS_SECONDS_BETWEEN_LOGINS - monotonic())
        self._attempt = self._pool.submit(self._try_after, wait)

    def _try_after(self, seconds: float) -> NewLogin | None:
        """What one attempt gives or raises; none is made once the scan is over, and nobody asks for it then."""
        if self._over.wait(seconds):
            return None
        self._tried_at = monotonic()
        return self._log_in()

    def new_login(self) -> NewLogin | None:
        """A login that has just worked; None while there is none. A failed one is tried again."""
        if self._attempt is None or not self._attempt.done():
            return None
        attempt, self._attempt = self._attempt, None
        try:
            login = attempt.result()
        except LoginFailed as failure:
            self.failure = failure
            self._count(held=False)
            if not self.given_up:
                self._begin()
            return None
        self.succeeded, self.failure = self.succeeded + 1, None
        self._logged_in_at = monotonic()
        return login

    @property
    def given_up(self) -> bool:
        """Whether more failed in a row than are tolerated."""
        return self.in_a_row > TOLERATED

    @property
    def counts(self) -> dict[str, int]:
        """The columns of the URL scan that show them."""
        return {
            "logins_succeeded": self.succeeded,
            "logins_failed": self.failed,
            "logins_failed_in_a_row": self.in_a_row,
        }

    def finish(self) -> None:
        """No further attempt, not even one that waits for its time."""
        self._over.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

"""Logging in again while a scan runs: at a limited rate, and up to a limit of failures."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from django.conf import settings

from scans.engines.base import NewLogin
from scans.login.outcome import LoginFailed
from scans.timing import DEFAULT_TIMING, Timing
from scans.working_on import in_this_context

TOLERATED = 50  # failed logins in a row; one more ends the scan


class LoginKeeper:
    """Keeps one running scan logged in, and counts logins. Not thread-safe; the logins run in a thread of their own.

    `log_in()` makes one attempt and raises LoginFailed. `succeeded`, `failed` and `in_a_row` are the counts so far.
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
        self._logged_in_at: float | None = None  # None as long as the login from before the scan is used

    def lost(self, *, explained: bool = False) -> None:
        """Start to log in again, because the engine was logged out.

        `explained` says that the engine knows which request ended the login, and does not repeat it.
        """
        ours, since = self._logged_in_at is not None, self._logged_in_at or self._made_at
        held = monotonic() - since >= self._timing.login_holds
        # The login from before the scan was not an attempt of ours, so it does not count as failed.
        if held or (ours and not explained):
            self._count(held=held)
        self._logged_in_at = None
        self._begin()

    def _count(self, *, held: bool) -> None:
        self.in_a_row = 0 if held else self.in_a_row + 1
        self.failed += not held

    def _begin(self) -> None:
        wait = max(0.0, self._tried_at + settings.SCANS_SECONDS_BETWEEN_LOGINS - monotonic())
        self._attempt = self._pool.submit(in_this_context(self._try_after), wait)

    def _try_after(self, seconds: float) -> NewLogin | None:
        """Wait, then make one attempt. Returns None, without an attempt, if the scan ends meanwhile."""
        if self._over.wait(seconds):
            return None
        self._tried_at = monotonic()
        return self._log_in()

    def new_login(self) -> NewLogin | None:
        """Return the login if one has just succeeded, else None. Starts another attempt after one that failed."""
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
        """Whether more logins failed in a row than are tolerated."""
        return self.in_a_row > TOLERATED

    @property
    def counts(self) -> dict[str, int]:
        """The counts, by the names of their columns in UrlScan."""
        return {
            "logins_succeeded": self.succeeded,
            "logins_failed": self.failed,
            "logins_failed_in_a_row": self.in_a_row,
        }

    def finish(self) -> None:
        """Make no further attempt, and cancel one that waits."""
        self._over.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

"""The accounts of one prescan. An account that refuses our login is not tried again for each of 250 URLs."""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from scans.login.base import Login
from scans.login.outcome import LoggedIn, LoginFailed
from scans.reasons import Reason
from scans.targets.policy import origin

REFUSALS = 3  # of one login on one site until we stop trying; many sites lock an account after five
_REFUSED = ("wrong_credentials", "not_let_in", "account_locked")


@dataclass
class _Account:
    """One login on one site, and whether it was refused."""

    seen_not_to_refuse: bool = False
    refusals: int = 0
    reason: str = ""  # of the last refusal
    trying: threading.Lock = field(default_factory=threading.Lock)


class Accounts:
    """The logins of one prescan, and how often each was refused. Thread-safe.

    Until an attempt of a login was not refused, only one URL tries it at a time.
    """

    def __init__(self):
        self._accounts: dict[tuple, _Account] = defaultdict(_Account)
        self._lock = threading.Lock()

    def remember(self, login: Login, url: str, reason: str) -> None:
        """Take into account how an earlier attempt ended: `reason` is empty if it succeeded."""
        account, refused = self._accounts[origin(url), login], reason in _REFUSED
        account.refusals += refused
        account.reason = reason
        account.seen_not_to_refuse = account.seen_not_to_refuse or not refused

    def log_in(self, login: Login, url: str, attempt: Callable[[], LoggedIn]) -> LoggedIn:
        """Return the result of `attempt()`. Raises what that raises; LoginFailed if refused too often before."""
        with self._lock:
            account = self._accounts[origin(url), login]
        if account.seen_not_to_refuse:
            return attempt()
        with account.trying:
            if account.refusals >= REFUSALS:
                raise LoginFailed(account.reason, Reason("refused_too_often", count=REFUSALS), "login")
            return self._first(account, attempt)

    @staticmethod
    def _first(account: _Account, attempt: Callable[[], LoggedIn]) -> LoggedIn:
        refused = False
        try:
            return attempt()
        except LoginFailed as failure:
            refused = failure.reason in _REFUSED
            account.reason = failure.reason
            raise
        finally:
            account.refusals += refused
            account.seen_not_to_refuse = not refused

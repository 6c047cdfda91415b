"""All checks of one target: connection, login, crawl script and logout, with pictures.

They need network and browser but no database, and may run in several threads. The first step that fails ends them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from time import monotonic

from scans import browser
from scans.browser import Recording, Task
from scans.engines.base import Seed, Session
from scans.login.base import Login
from scans.login.logging_in import log_in, log_out
from scans.login.outcome import LoggedIn, LoginFailed
from scans.prescan.accounts import Accounts
from scans.prescan.connection import ConnectionReport, Step, check_connection
from scans.reasons import NO_REASON, Reason
from scans.statuses import UrlScanStatus
from scans.targets.policy import TargetPolicy
from scans.targets.refusal import Seen
from scans.targets.request_rules import NO_RULES, RequestRules

# The steps after the connection, and the status that follows if one fails.
LOGIN, LOGOUT, CRAWL_SCRIPT = "login", "logout", "crawl script"
_STATUSES = {
    LOGIN: UrlScanStatus.AUTHENTICATION_ERROR,
    LOGOUT: UrlScanStatus.AUTHENTICATION_ERROR,
    CRAWL_SCRIPT: UrlScanStatus.CRAWL_SCRIPT_ERROR,
}
_SECONDS_FOR_A_PICTURE = 20


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target to check: its URL, login, the text of its crawl script, and the rules of every request.

    `usual` is what an earlier check saw at the URL, if there was one.
    """

    url: str
    login: Login | None = None
    crawl_script: str = field(default="", repr=False)
    rules: RequestRules = NO_RULES
    usual: Seen | None = None


@dataclass(frozen=True)
class Picture:
    """A PNG, the code of what it shows (see models.Screenshot.Shows), and its step."""

    shows: str
    image: bytes = field(repr=False)
    step: str


@dataclass
class CheckReport:
    """The results of all checks, and what a scan needs from them."""

    connection: ConnectionReport
    steps: list[Step]
    logged_in: LoggedIn | None = None
    seeds: tuple[Seed, ...] = ()
    pictures: list[Picture] = field(default_factory=list)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that may be connected to."""
        return self.connection.addresses

    @property
    def failure(self) -> Step | None:
        """The step that failed, if any; several failed steps are combined into one."""
        failed = [step for step in self.steps if step.reason]
        if len(failed) < 2:
            return failed[0] if failed else None
        names, milliseconds = " and ".join(step.name for step in failed), sum(step.milliseconds for step in failed)
        details = reduce(lambda first, second: Reason("both", first=first, second=second), (s.detail for s in failed))
        return Step(names, "several_reasons", details, milliseconds, UrlScanStatus.VERIFICATION_FAILED)

    @property
    def status(self) -> UrlScanStatus | None:
        """The status that follows the failure; None if everything passed."""
        return self.failure.status if self.failure else None


def check(
    target: Target, policy: TargetPolicy, *, accounts: Accounts | None = None, pictures: bool = True
) -> CheckReport:
    """Check a target step by step and return the report. Takes seconds, with a browser up to some minutes.

    Tries the login once, or not at all if `accounts` knows that it was refused too often. With `pictures`, takes some
    if there are a login or a script, and a browser.
    """
    has_login = target.login is not None
    connection = check_connection(target.url, policy, has_login=has_login, rules=target.rules, usual=target.usual)
    report = CheckReport(connection, connection.steps)
    report.seeds = _gets([connection.led_to] if connection.led_to else [])  # where the engine may not get by itself
    if not report.failure and (target.login or target.crawl_script):
        _LoginAndScripts(target, policy, report, accounts or Accounts(), pictures).run()
    return report


class _LoginAndScripts:
    """The steps for a login or a script."""

    def __init__(self, target: Target, policy: TargetPolicy, report: CheckReport, accounts: Accounts, pictures: bool):
        self.target, self.policy, self.report, self.pictures = target, policy, report, pictures
        self.accounts = accounts
        self.sites = {target.url: report.addresses}

    def run(self) -> None:
        """Run the steps until one fails, and add them to the report."""
        login = self.target.login
        if self.target.crawl_script and not login and not self._passed(CRAWL_SCRIPT, self._readable, kept=False):
            return
        self._picture("target", LOGIN if login else CRAWL_SCRIPT, Session())
        steps: list[tuple[str, Callable[[], Reason], bool]] = [
            (LOGIN, self._log_in, login is not None),
            (CRAWL_SCRIPT, self._walk, bool(self.target.crawl_script)),
            (LOGOUT, self._log_out, bool(login and login.logout_script)),
        ]
        for name, step, wanted in steps:
            if wanted and not self._passed(name, step):
                if name == LOGIN and self.target.crawl_script:
                    self._passed(CRAWL_SCRIPT, self._readable, kept=False)
                return

    def _passed(self, name: str, step: Callable[[], Reason], *, kept: bool = True) -> bool:
        """Run a step, report it, and return whether it passed. If not `kept`, only a failure is reported."""
        started = monotonic()
        try:
            reason, detail = "", step()
        except LoginFailed as failure:
            reason, detail = failure.reason, Reason("both", first=failure.why, second=failure.next_step)
            if failure.screenshot:
                self._keep("failure", failure.screenshot, name)
            elif failure.answer:
                self._picture("failure", name, Session(), failure.answer.url, failure.answer.html)
        milliseconds = round((monotonic() - started) * 1000)
        if reason or kept:
            self.report.steps.append(Step(name, reason, detail, milliseconds, _status(name, reason)))
        return not reason

    def _log_in(self) -> Reason:
        logged_in = self.accounts.log_in(self.target.login, self.target.url, self._attempt)
        self.report.logged_in = logged_in
        self._add_seeds(_gets(logged_in.asked_for))
        if logged_in.screenshot:
            self._keep("logged_in", logged_in.screenshot, LOGIN)
        else:
            self._picture("logged_in", LOGIN, logged_in.session, logged_in.page_url)
        return logged_in.detail

    def _read(self) -> Recording:
        """Return the parsed crawl script. Raises LoginFailed if it cannot be played."""
        try:
            return browser.parse(self.target.crawl_script)
        except browser.ScriptError as error:
            raise LoginFailed(error.reason, error.why, CRAWL_SCRIPT, line=error.line) from error

    def _readable(self) -> Reason:
        """Raise LoginFailed if the crawl script cannot be played."""
        self._read()
        return NO_REASON

    def _walk(self) -> Reason:
        """Play the crawl script with the login, and keep the addresses it found as seeds."""
        recording = self._read()
        played = browser.play(self._task(session=self._session, recording=recording))
        if not played.ok:
            raise LoginFailed(
                played.reason, played.detail, CRAWL_SCRIPT, screenshot=played.screenshot, line=played.line
            )
        self._keep("crawled", played.screenshot, CRAWL_SCRIPT)
        addresses = _gets([*played.visited, *played.asked_for])
        self._add_seeds([*addresses, *played.forms])
        return Reason("crawl_seeds", addresses=len(addresses), forms=len(played.forms))

    def _add_seeds(self, seeds: Iterable[Seed]) -> None:
        self.report.seeds = tuple(dict.fromkeys([*self.report.seeds, *seeds]))

    def _log_out(self) -> Reason:
        """Log out, then log in again, because the scan needs the login."""
        session = self._session
        log_out(self.target.login, session, self.target.url, self.report.addresses, self.policy, self.target.rules)
        self._picture("logged_out", LOGOUT, session)
        self.report.logged_in = self._attempt()
        return Reason("logged_out_and_in")

    def _attempt(self) -> LoggedIn:
        return log_in(self.target.login, self.target.url, self.report.addresses, self.policy, self.target.rules)

    @property
    def _session(self) -> Session:
        return self.report.logged_in.session if self.report.logged_in else Session()

    def _picture(self, shows: str, step: str, session: Session, url: str = "", answer: str = "") -> None:
        """Take a picture of a page, or of this `answer` there, if pictures are wanted and there is a browser."""
        if not self.pictures:
            return
        url = url or self.target.url
        played = browser.play(
            self._task(url=url, sites={**self.sites, url: self.report.addresses}, session=session, answer=answer),
            seconds=_SECONDS_FOR_A_PICTURE,
        )
        self._keep(shows, played.screenshot, step)

    def _task(self, **values) -> Task:
        return Task(**{"url": self.target.url, "sites": self.sites, "rules": self.target.rules, **values})

    def _keep(self, shows: str, image: bytes, step: str) -> None:
        if image and self.pictures:
            self.report.pictures.append(Picture(shows, image, step))


def _status(step: str, reason: str) -> UrlScanStatus | None:
    if not reason:
        return None
    # A missing verification text does not say whether the login failed, so it is not an Authentication Error.
    return UrlScanStatus.VERIFICATION_FAILED if reason == "verification_text_missing" else _STATUSES[step]


def _gets(urls: Iterable[str]) -> tuple[Seed, ...]:
    return tuple(Seed(method="GET", url=url) for url in dict.fromkeys(urls))

"""The product's own look at a site while an engine scans it: engines can report success for sites that are down."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum, auto
from secrets import token_hex
from time import monotonic, sleep
from urllib.parse import urljoin

import httpx
from django.conf import settings

from scans.engines.shared.certificates import certificate_problem
from scans.reasons import NO_REASON, Reason
from scans.targets.http_client import Answer, SiteClient
from scans.targets.policy import origin, resolve
from scans.targets.refusal import NOTHING_THERE, Seen, alike, refusal, seconds_to_wait, seen
from scans.targets.request_rules import NO_RULES, LeftOut, RequestRules
from scans.timing import DEFAULT_TIMING, Timing

UNAVAILABLE = 503


class Sight(Enum):
    """The outcome of one look at a site."""

    ANSWERS = auto()
    REFUSES = auto()  # it answers, and turns us away
    FAILS = auto()  # no connection, a broken one, or a server error
    SILENT = auto()  # no answer in time


@dataclass(frozen=True)
class Look:
    """One look at a site. `why` it refuses us or cannot be trusted, and the seconds to `wait` that it asks for."""

    sight: Sight
    why: Reason = NO_REASON
    wait: float = 0.0

    @property
    def lost(self) -> Reason:
        """Why the site is lost, if this look decides that."""
        if self.sight == Sight.REFUSES:
            return Reason("site_refuses", why=self.why)
        return self.why or Reason("site_silent")


def look_at(url: str, addresses: tuple[str, ...], rules: RequestRules = NO_RULES, usual: Seen | None = None) -> Look:
    """Request a page once, or twice if it is not the `usual` one, and return what that shows. Never raises."""
    patience = min(5.0, settings.SCANS_CONNECT_TIMEOUT_SECONDS)
    timeout = max(patience, 2 * usual.seconds) if usual else patience
    try:
        with SiteClient(origin(url)[0], addresses, timeout=timeout, rules=rules) as client:
            return _judged(client, url, client.send("GET", url), usual)
    except httpx.TimeoutException:
        return Look(Sight.SILENT)
    except httpx.HTTPError as error:
        problem = certificate_problem(error)
        return Look(Sight.FAILS, Reason("certificate_changed", error=problem) if problem else NO_REASON)


def _judged(client: SiteClient, url: str, answer: Answer, usual: Seen | None) -> Look:
    asked = seconds_to_wait(answer.headers)
    if answer.status >= 500 and (answer.status != UNAVAILABLE or asked is None):
        return Look(Sight.FAILS)
    now, elsewhere = seen(answer.status, answer.headers, answer.body), None
    if usual and answer.status < 400 and not alike(now, usual):
        elsewhere = _elsewhere(client, url)
    why = refusal(answer.status, answer.headers, answer.body, usual, elsewhere)
    if not why and usual and answer.status in NOTHING_THERE and usual.status < 400:
        why = Reason("refused_page_gone", status=answer.status, usual=usual.status)  # some firewalls ban with a 404
    return Look(Sight.REFUSES, why, asked or 0.0) if why else Look(Sight.ANSWERS)


def _elsewhere(client: SiteClient, url: str) -> Seen | None:
    """Return the answer of an address that no site has; None if it must not be requested."""
    try:
        answer = client.send("GET", urljoin(url, token_hex(8)))
    except LeftOut:
        return None
    return seen(answer.status, answer.headers, answer.body)


class Outlook:
    """Decides from several looks whether a site is lost. Times are those of `monotonic`.

    Three failures in a row are enough, or three silent looks, unless an attack told the site to wait. Refusals may
    end: they are waited for.
    """

    FAILURES = 3

    def __init__(self, timing: Timing = DEFAULT_TIMING):
        self._timing = timing
        self._sight, self._since, self._in_a_row = Sight.ANSWERS, 0.0, 0
        self._why, self._wait = NO_REASON, 0.0

    def add(self, look: Look, *, delaying: bool = False) -> Reason:
        """Take one more look into account. Returns why the site is lost; false if it is not."""
        now = monotonic()
        if look.sight != self._sight:
            self._sight, self._since, self._in_a_row = look.sight, now, 0
        self._in_a_row += 1
        self._why, self._wait = look.why, look.wait
        if look.sight == Sight.REFUSES:
            lasts = now - self._since
            for_good = look.wait > self._timing.longest_wait or lasts > self._timing.for_refusals
            return look.lost if for_good and self._in_a_row >= self.FAILURES else NO_REASON
        enough = self._in_a_row >= self.FAILURES and look.sight != Sight.ANSWERS
        if look.sight == Sight.SILENT and delaying:
            enough = now - self._since > self._timing.for_delays
        return look.lost if enough else NO_REASON

    def engine_got(self, *, pages: bool) -> bool:
        """Note that the engine got answers, or even `pages`. Returns whether the failures seen here do not count.

        A refusal counts nevertheless, unless it is an error while the engine still gets pages.
        """
        if self._sight == Sight.REFUSES:
            is_page = self._why.facts.get("status", 0) < 400
            if is_page or not pages or monotonic() - self._since < self._timing.between_renewals:
                return False
        self._sight, self._in_a_row = Sight.ANSWERS, 0
        return True

    @property
    def answers(self) -> bool:
        """Whether the last look was answered, or there was none yet."""
        return self._sight == Sight.ANSWERS

    @property
    def refuses(self) -> Reason:
        """How the site refused us more than once in a row; false if it did not."""
        return self._why if self._sight == Sight.REFUSES and self._in_a_row > 1 else NO_REASON

    @property
    def fails(self) -> bool:
        """Whether the last look got no connection, a broken one, or a server error."""
        return self._sight == Sight.FAILS

    @property
    def silent(self) -> bool:
        """Whether the last look got no answer in time."""
        return self._sight == Sight.SILENT

    @property
    def wait(self) -> float:
        """The seconds until the next look: as usual, sooner after a failure, later if the site asks for that.

        None after a silent look: it took seconds itself.
        """
        if self._sight == Sight.SILENT:
            return 0.0
        often = self._timing.between_looks if self.answers else self._timing.between_looks_after_failure
        return max(often, min(self._wait, self._timing.longest_wait)) if self._sight == Sight.REFUSES else often


class SiteMonitor(threading.Thread):
    """Looks at the target's page every 10 seconds, more often after a failure. No database.

    `lost` is a reason once the site is lost, if the engine got no answer meanwhile either. `dns_failed` is set after
    the name has not resolved for longer, whatever the engine does: the engine keeps the addresses that the name once
    had, and may find a site there that nobody else sees.
    """

    FAILURES_OF_THE_NAME = 6

    def __init__(
        self,
        url: str,
        addresses: tuple[str, ...],
        timing: Timing = DEFAULT_TIMING,
        rules: RequestRules = NO_RULES,
        usual: Seen | None = None,
    ):
        super().__init__(daemon=True)
        self._url, self._addresses, self._timing, self._rules = url, addresses, timing, rules
        self.usual = usual
        self._done, self._wanted = threading.Event(), threading.Event()
        self._outlook, self._lock = Outlook(timing), threading.Lock()
        self._failures_of_the_name = 0
        self._rest_until, self._rested_before = 0.0, 0
        self.looks = 0
        self.delaying = False  # an attack of the engine told the site to wait
        self.lost = NO_REASON
        self.dns_failed = threading.Event()

    def run(self) -> None:
        """Check the site until `finish`."""
        while not self._done.is_set():
            asked = self._wanted.wait(self._interval())
            if self._done.is_set() or (not asked and self._rest_left()):
                continue
            self._wanted.clear()
            look = look_at(self._url, self._addresses, self._rules, self.usual)
            with self._lock:
                self.lost = self._outlook.add(look, delaying=self.delaying)
                self.looks += 1
            self._failures_of_the_name = 0 if has_a_name(self._url) else self._failures_of_the_name + 1
            if self._failures_of_the_name >= self.FAILURES_OF_THE_NAME:
                self.dns_failed.set()

    def _interval(self) -> float:
        if self._failures_of_the_name and self._outlook.answers:
            return self._timing.between_looks_after_failure
        return max(self._outlook.wait, self._rest_left())

    def _rest_left(self) -> float:
        """Return the seconds for which the site must still be left alone."""
        return 0.0 if self._outlook.fails else max(0.0, self._rest_until - monotonic())

    @property
    def refuses(self) -> Reason:
        """How the site turns us away at the moment; false if it does not."""
        return self._outlook.refuses

    @property
    def kept_busy(self) -> bool:
        """Whether the site is silent, and an attack of the engine may be the reason."""
        return self._outlook.silent and self.delaying

    @property
    def doubtful(self) -> bool:
        """Whether the last look was not answered as usual."""
        return not self._outlook.answers

    def look_now(self) -> int:
        """Have the site looked at at once. Returns the value of `looks` from which on that has happened."""
        wanted = self.looks + 1
        self._wanted.set()
        return wanted

    def rest(self, seconds: float) -> None:
        """Leave the site alone for that long before the next look, because the engine does.

        Only the first call between two looks counts: an engine that waits again and again must not stop the looks.
        A site that fails is looked at as often as without it, so that its end is noticed soon.
        """
        if self._rested_before <= self.looks:
            self._rest_until, self._rested_before = monotonic() + seconds, self.looks + 1

    def engine_got_answers(self, *, pages: bool = True) -> None:
        """Note that the engine got a response, or even a page, so the failures seen here do not count."""
        with self._lock:
            if self._outlook.engine_got(pages=pages):
                self.lost = NO_REASON

    def finish(self) -> None:
        """Stop checking."""
        self._done.set()
        self._wanted.set()


def has_a_name(url: str) -> bool:
    """Return whether the host of `url` resolves to any address."""
    try:
        return bool(resolve(origin(url)[0]))
    except OSError:
        return False


def why_lost(
    url: str,
    addresses: tuple[str, ...],
    timing: Timing = DEFAULT_TIMING,
    rules: RequestRules = NO_RULES,
    usual: Seen | None = None,
    *,
    delaying: bool = False,
    ended: threading.Event | None = None,
) -> Reason:
    """Look at a site until it answers or is lost; returns why it is lost, or false. May take minutes.

    If `ended` is set meanwhile, returns what the last look showed.
    """
    outlook = Outlook(timing)
    while True:
        look = look_at(url, addresses, rules, usual)
        lost = outlook.add(look, delaying=delaying)
        if lost or look.sight == Sight.ANSWERS:
            return lost
        if ended and ended.is_set():
            return look.lost
        wait = outlook.wait if look.sight == Sight.REFUSES else timing.between_last_looks
        (ended.wait if ended else sleep)(wait)

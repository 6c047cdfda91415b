"""Verifying results: replaying each finding's request, at a limited rate and for a limited time.

A finding is confirmed if the site shows the same again, not reproduced if it answers differently, and not replayable if
nobody can tell: the site is gone, time is over, or the request cannot be sent again.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from functools import partial
from time import monotonic, sleep
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from scans import transitions
from scans.configuration.secret_headers import rules_of
from scans.encryption import KeyLost
from scans.engines.base import Session
from scans.login.base import Login
from scans.login.credentials import handshake_of
from scans.login.logging_in import log_in, still_holds
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.visit import as_response, exchange
from scans.models import AllowedTarget, Analysis, Finding, Replay, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.results.replay_rules import (
    TIMEOUT_SECONDS,
    NotReplayable,
    Verdict,
    judge,
    judge_silence,
    parse_request,
    shown_at,
    waits_for_silence,
)
from scans.statuses import PUBLISHED_AS
from scans.targets.cookies import SiteCookies
from scans.targets.http_client import Answer, SiteClient
from scans.targets.policy import TargetRefused, origin, resolve
from scans.targets.request_rules import NO_RULES, RequestRules
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions import run_with_lease

logger = logging.getLogger(__name__)

FAILURES_UNTIL_GONE = 3
MOST_LOGINS = 5  # in the verification of one URL scan


def verify(url_scan_id: int, *, holder: str, timing: Timing = DEFAULT_TIMING) -> None:
    """Replay the findings of an ended URL scan and conclude its verification.

    Does nothing if another worker verifies it or its results were deleted meanwhile. After an error on our side, the
    remaining findings are not replayable, with the reason.
    """
    scan = _take(url_scan_id, holder)
    if scan is None:
        return
    try:
        _verify(scan, timing)
    except transitions.LeaseLost as lost:
        logger.info("%s", lost)


def _take(url_scan_id: int, holder: str) -> UrlScan | None:
    """Lease the scan. Returns None if it cannot be leased, or was verified already and waits for a reviewer."""
    with transaction.atomic():
        scan = transitions.take(url_scan_id, holder, among=PUBLISHED_AS)
        if scan and scan.verified_at:
            transaction.set_rollback(True)
            return None
        return scan


def _verify(scan: UrlScan, timing: Timing) -> None:
    try:
        Replays(scan, timing).run()
    except transitions.LeaseLost:
        raise
    except Exception as error:
        logger.exception("Verifying %s broke on our side.", scan.url)
        _mark_rest(scan, Reason("verification_broke", error=f"{type(error).__name__}: {error}"))
    with transaction.atomic():
        Analysis.objects.select_for_update().get(pk=scan.analysis_id)
        transitions.renew(scan)  # raises LeaseLost if another worker has it, or its results were deleted
        transitions.conclude_verification(scan, _counts(scan))


def _counts(scan: UrlScan) -> dict[str, int]:
    """Return the number of findings with each outcome."""
    counts = Counter(scan.findings.values_list("replay", flat=True))
    outcomes = (Replay.CONFIRMED, Replay.NOT_REPRODUCED, Replay.NOT_REPLAYABLE)
    return {str(outcome): counts[outcome] for outcome in outcomes}


def _mark_rest(scan: UrlScan, reason: Reason) -> None:
    scan.findings.filter(replay=Replay.UNVERIFIED).update(
        replay=Replay.NOT_REPLAYABLE, replay_reason=reason, replayed_at=timezone.now()
    )


class Replays:
    """Replays the findings of one URL scan, worst first."""

    def __init__(self, scan: UrlScan, timing: Timing = DEFAULT_TIMING):
        self._scan, self._timing = scan, timing
        self._until = monotonic() + settings.SCANS_VERIFY_SECONDS
        self._failures = 0
        self._renewed_at = monotonic()
        self._login: Login | None = None
        self._logged_in: LoggedIn | None = None
        self._logins = 0
        self._rules = NO_RULES
        self._logged_in_at = 0.0

    def run(self) -> None:
        """Replay every finding that has no outcome yet, and store the outcomes. Raises LeaseLost."""
        todo = list(self._scan.findings.filter(replay=Replay.UNVERIFIED).worst_first())
        if not todo:
            return
        try:
            host, addresses = self._allowed_addresses()
        except (OSError, TargetRefused) as error:
            _mark_rest(self._scan, Reason("site_not_asked_again", error=error))
            return
        try:
            self._open_secrets()
            self._log_in(addresses)
        except (LoginFailed, KeyLost) as error:
            _mark_rest(self._scan, Reason("login_lost", error=error))
            return
        with SiteClient(host, addresses, timeout=TIMEOUT_SECONDS, rules=self._rules) as client:
            for finding in todo:
                if reason := self._reason_to_end():
                    _mark_rest(self._scan, reason)
                    return
                self._replay(client, finding, addresses)
                sleep(1 / settings.SCANS_REPLAYS_PER_SECOND if settings.SCANS_REPLAYS_PER_SECOND else 0)

    def _open_secrets(self) -> None:
        """Decrypt the scan's login and headers, if it has any. Raises KeyLost."""
        stored = getattr(self._scan, "login", None)
        self._login = stored.opened() if stored else None
        self._rules = rules_of(self._scan.analysis)

    def _log_in(self, addresses: tuple[str, ...]) -> None:
        """Log in if the scan did, at the usual rate and up to MOST_LOGINS times. Raises LoginFailed."""
        if self._login is None:
            return
        if self._logins >= MOST_LOGINS:
            raise LoginFailed("cannot_tell", Reason("login_ended_too_often", count=MOST_LOGINS), "replay")
        sleep(max(0.0, self._logged_in_at + settings.SCANS_SECONDS_BETWEEN_LOGINS - monotonic()))
        self._logins += 1
        self._logged_in_at = monotonic()
        policy = AllowedTarget.policy()
        work = partial(log_in, self._login, self._scan.url, addresses, policy, self._rules)
        self._logged_in = run_with_lease(self._scan, work, timing=self._timing)

    def _allowed_addresses(self) -> tuple[str, tuple[str, ...]]:
        host, _ = origin(self._scan.url)
        addresses = resolve(host)
        AllowedTarget.policy().check(self._scan.url, addresses)
        return host, addresses

    def _reason_to_end(self) -> Reason:
        if self._failures >= FAILURES_UNTIL_GONE:
            return Reason("replay_site_gone")
        if monotonic() > self._until:
            return Reason("replay_out_of_time", count=settings.SCANS_VERIFY_SECONDS)
        return NO_REASON

    def _replay(self, client: SiteClient, finding: Finding, addresses: tuple[str, ...]) -> None:
        verdict = self._judged(client, finding)
        if verdict.replay == Replay.NOT_REPRODUCED and self._login_is_lost(addresses):
            verdict = self._judged_once_more(client, finding, addresses)
        Finding.objects.filter(pk=finding.pk).update(
            replay=verdict.replay, replay_reason=verdict.reason, replayed_at=timezone.now()
        )
        if monotonic() - self._renewed_at > self._timing.between_renewals:
            transitions.renew(self._scan)
            self._renewed_at = monotonic()

    def _judged(self, client: SiteClient, finding: Finding) -> Verdict:
        try:
            verdict = judge(finding, self._send(client, finding))
            self._failures = 0
            return verdict
        except httpx.TimeoutException:
            self._failures += not waits_for_silence(finding)
            return judge_silence(finding)
        except (httpx.HTTPError, OSError) as error:
            self._failures += 1
            seen = str(error) or type(error).__name__
            return Verdict(Replay.NOT_REPLAYABLE, Reason("site_gave_no_answer", error=seen))
        except NotReplayable as error:
            return Verdict(Replay.NOT_REPLAYABLE, error.why)
        except ValueError as error:
            return Verdict(Replay.NOT_REPLAYABLE, Reason("request_not_sendable", error=error))

    def _login_is_lost(self, addresses: tuple[str, ...]) -> bool:
        """Return whether the login has ended, so that the answer proves nothing."""
        if self._login is None or self._logged_in is None:
            return False
        policy = AllowedTarget.policy()
        look = partial(still_holds, self._login, self._logged_in, self._scan.url, addresses, policy, self._rules)
        return not run_with_lease(self._scan, look, timing=self._timing)

    def _judged_once_more(self, client: SiteClient, finding: Finding, addresses: tuple[str, ...]) -> Verdict:
        """Return the verdict with a new login. A request that ends this login too is not replayable."""
        try:
            self._log_in(addresses)
        except LoginFailed as failure:
            return Verdict(Replay.NOT_REPLAYABLE, Reason("login_lost", error=failure))
        verdict = self._judged(client, finding)
        if verdict.replay == Replay.NOT_REPRODUCED and self._login_is_lost(addresses):
            return Verdict(Replay.NOT_REPLAYABLE, Reason("login_lost", error=Reason("request_ends_login")))
        return verdict

    def _send(self, client: SiteClient, finding: Finding) -> Answer:
        raw = parse_request(finding.http_request)
        target = urlsplit(self._scan.url)
        site = f"{target.scheme}://{target.netloc}"
        path = raw.target.removeprefix(site)
        if not path.startswith("/"):
            raise NotReplayable("request_to_other_site")
        answer = self._ask(client, raw.method, site + path, raw.headers, raw.body.encode() or None)
        if (page := shown_at(finding)).startswith(f"{site}/"):
            cookies = {key: raw.headers[key] for key in raw.headers if key.lower() == "cookie"}
            return self._ask(client, "GET", page, cookies)
        return answer

    def _ask(
        self, client: SiteClient, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Send one request with the scan's login and return the answer."""
        carried = carrying(self._logged_in.session if self._logged_in else Session(), url, headers, self._rules)
        handshake = handshake_of(self._login) if self._login else None
        if handshake is None:
            return client.send(method, url, carried, body)

        def send(request: httpx.Request) -> httpx.Response:
            return as_response(client.send(method, url, request.headers, body), request)

        request = httpx.Request(method, url, headers=carried, content=body)
        return exchange(handshake, request, send).extensions["answer"]


def carrying(session: Session, url: str, headers: Mapping[str, str], rules: RequestRules = NO_RULES) -> dict[str, str]:
    """Return the headers of a stored request with the login of a session, whose cookies win.

    The client adds the headers of `rules` itself, so they are left out; but a User-Agent stays, as it may be an attack.
    """
    ours = {name.lower() for name, _ in rules.headers} - {"user-agent"}
    given = {name.lower() for name, _ in session.headers} | ours
    before = "; ".join(value for name, value in headers.items() if name.lower() == "cookie")
    kept = {name: value for name, value in headers.items() if name.lower() not in given | {"cookie"}}
    kept |= SiteCookies(session.cookies).headers(url, before)
    if (
        session.user_agent and not rules.user_agent and "user-agent" not in given | {name.lower() for name in kept}
    ):  # an attack may be in it
        kept["user-agent"] = session.user_agent
    return kept | dict(session.headers)

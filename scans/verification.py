"""Verifying results: each finding's request is replayed, at a bounded rate and for a bounded time.

A finding is confirmed when the site shows the same again, not reproduced when it answers otherwise,
and not replayable when there is nothing to judge by: the site is gone, time ran out, or the request
cannot be sent again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from time import monotonic, sleep
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from scans import transitions
from scans.engines.base import Session
from scans.judging import TIMEOUT_SECONDS, Verdict, judge, judge_silence, parse_request, shown_at, waits_for_silence
from scans.login.base import Method
from scans.login.logging_in import log_in
from scans.login.outcome import LoginFailed
from scans.models import AllowedTarget, Analysis, Finding, Replay, UrlScan
from scans.secrets import KeyLost
from scans.site_client import Answer, SiteClient
from scans.statuses import PUBLISHED_AS
from scans.targets import TargetRefused, origin, resolve

logger = logging.getLogger(__name__)

FAILURES_UNTIL_GONE = 3


def verify(url_scan_id: int, *, holder: str) -> None:
    """Replay the findings of an ended URL scan and conclude its verification.

    Does nothing when somebody else verifies it or its results were deleted meanwhile. Whatever breaks
    on our side leaves the remaining findings not replayable, with the reason.
    """
    scan = _take(url_scan_id, holder)
    if scan is None:
        return
    try:
        _verify(scan)
    except transitions.LeaseLost as lost:
        logger.info("%s", lost)


def _take(url_scan_id: int, holder: str) -> UrlScan | None:
    """Lease it; None when it is not to be had, or was verified already and waits for a reviewer."""
    with transaction.atomic():
        scan = transitions.take(url_scan_id, holder, among=PUBLISHED_AS)
        if scan and scan.verified_at:
            transaction.set_rollback(True)
            return None
        return scan


def _verify(scan: UrlScan) -> None:
    try:
        Replays(scan).run()
    except transitions.LeaseLost:
        raise
    except Exception as error:
        logger.exception("Verifying %s broke on our side.", scan.url)
        _mark_rest(scan, f"Verification broke: {type(error).__name__}: {error}")
    with transaction.atomic():
        Analysis.objects.select_for_update().get(pk=scan.analysis_id)
        transitions.renew(scan)  # concluded by whoever holds it, and not after its results were deleted
        transitions.conclude_verification(scan, _counts(scan))


def _counts(scan: UrlScan) -> dict[str, int]:
    """How many of its findings have each outcome."""
    counts = Counter(scan.findings.values_list("replay", flat=True))
    outcomes = (Replay.CONFIRMED, Replay.NOT_REPRODUCED, Replay.NOT_REPLAYABLE)
    return {str(outcome): counts[outcome] for outcome in outcomes}


def _mark_rest(scan: UrlScan, reason: str) -> None:
    scan.findings.filter(replay=Replay.UNVERIFIED).update(
        replay=Replay.NOT_REPLAYABLE, replay_reason=reason, replayed_at=timezone.now()
    )


class Replays:
    """Replaying the findings of one URL scan, worst first."""

    def __init__(self, scan: UrlScan):
        self._scan = scan
        self._until = monotonic() + settings.SCANS_VERIFY_SECONDS
        self._failures = 0
        self._renewed_at = monotonic()
        self._session = Session()

    def run(self) -> None:
        """Replay every finding that has no mark yet."""
        todo = list(self._scan.findings.filter(replay=Replay.UNVERIFIED).worst_first())
        if not todo:
            return
        try:
            host, addresses = self._allowed_addresses()
        except (OSError, TargetRefused) as error:
            _mark_rest(self._scan, f"The site could not be asked again: {error}")
            return
        if reason := self._log_in(addresses):
            _mark_rest(self._scan, reason)
            return
        with SiteClient(host, addresses, timeout=TIMEOUT_SECONDS) as client:
            for finding in todo:
                if reason := self._reason_to_end():
                    _mark_rest(self._scan, reason)
                    return
                self._replay(client, finding)
                sleep(1 / settings.SCANS_REPLAYS_PER_SECOND if settings.SCANS_REPLAYS_PER_SECOND else 0)

    def _log_in(self, addresses: tuple[str, ...]) -> str:
        """Log in as the scan did, where it did; returns why that is not possible any more."""
        login = getattr(self._scan, "login", None)
        if login is None:
            return ""
        if login.method in (Method.DIGEST, Method.NTLM):
            return f"What stands behind {login.get_method_display()} is not asked for again."
        try:
            self._session = log_in(login.opened(), self._scan.url, addresses, AllowedTarget.policy()).session
        except (LoginFailed, KeyLost) as error:
            return f"The login is lost: {error}"
        return ""

    def _allowed_addresses(self) -> tuple[str, tuple[str, ...]]:
        host, _ = origin(self._scan.url)
        addresses = resolve(host)
        AllowedTarget.policy().check(self._scan.url, addresses)
        return host, addresses

    def _reason_to_end(self) -> str:
        if self._failures >= FAILURES_UNTIL_GONE:
            return "The site does not answer any more."
        if monotonic() > self._until:
            return f"Its time, {settings.SCANS_VERIFY_SECONDS} seconds, was over before this finding's turn."
        return ""

    def _replay(self, client: SiteClient, finding: Finding) -> None:
        try:
            verdict = judge(finding, self._send(client, finding))
            self._failures = 0
        except httpx.TimeoutException:
            self._failures += not waits_for_silence(finding)
            verdict = judge_silence(finding)
        except (httpx.HTTPError, OSError) as error:
            self._failures += 1
            verdict = Verdict(Replay.NOT_REPLAYABLE, f"The site gave no answer: {error or type(error).__name__}.")
        except ValueError as error:
            verdict = Verdict(Replay.NOT_REPLAYABLE, str(error))
        Finding.objects.filter(pk=finding.pk).update(
            replay=verdict.replay, replay_reason=verdict.reason, replayed_at=timezone.now()
        )
        if monotonic() - self._renewed_at > 1:
            transitions.renew(self._scan)
            self._renewed_at = monotonic()

    def _send(self, client: SiteClient, finding: Finding) -> Answer:
        raw = parse_request(finding.http_request)
        target = urlsplit(self._scan.url)
        site = f"{target.scheme}://{target.netloc}"
        path = raw.target.removeprefix(site)
        if not path.startswith("/"):
            raise ValueError("Its request went to another site and is not sent again.")
        answer = client.send(raw.method, site + path, carrying(self._session, raw.headers), raw.body.encode() or None)
        if (page := shown_at(finding)).startswith(f"{site}/"):
            cookies = {key: raw.headers[key] for key in raw.headers if key.lower() == "cookie"}
            return client.send("GET", page, carrying(self._session, cookies))
        return answer


def carrying(session: Session, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request as somebody sends it who is logged in; the session's cookies win."""
    cookies = {cookie.name: cookie.value for cookie in session.cookies}
    names = {name.lower() for name, _ in session.headers} | ({"cookie"} if cookies else set())
    kept = {name: value for name, value in headers.items() if name.lower() not in names}
    if cookies:
        before = next((value for name, value in headers.items() if name.lower() == "cookie"), "")
        pairs = dict(pair.strip().partition("=")[::2] for pair in before.split(";") if pair.strip()) | cookies
        kept["cookie"] = "; ".join(f"{name}={value}" for name, value in pairs.items())
    return kept | dict(session.headers)

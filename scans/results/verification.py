"""Verifying results: replaying each finding's request, at a limited rate and for a limited time.

A finding is confirmed if the site shows the sign of its weakness again, not reproduced if the sign is gone, and not
replayable if nobody can tell: the site is gone or turns us away, time is over, or the request cannot be sent again.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from time import monotonic, sleep
from urllib.parse import urlsplit

import httpx
from django.conf import settings
from django.db import transaction

from scans import transitions
from scans.configuration.secret_headers import CANNOT_BE_USED, rules_of
from scans.database.patience import may_pass, told_of
from scans.engines.base import Session
from scans.login.base import Login
from scans.login.credentials import handshake_of
from scans.login.logging_in import log_in, still_holds
from scans.login.outcome import LoggedIn, LoginFailed
from scans.login.visit import MAX_PAGE_BYTES, as_response, exchange
from scans.models import AllowedTarget, Finding, Replay, UrlScan
from scans.reasons import Reason, Reasoned
from scans.results import suspects
from scans.results.look import TIMEOUT_SECONDS
from scans.results.outcomes import Outcomes, OutcomesAgain
from scans.results.replay_rules import judge
from scans.results.stored_request import StoredRequest
from scans.results.verdicts import NotReplayable, Refused, Verdict
from scans.statuses import PUBLISHED_AS
from scans.targets.cookies import SiteCookies
from scans.targets.http_client import Answer, SiteClient
from scans.targets.policy import TargetRefused, origin, resolve
from scans.targets.refusal import Seen, refusal
from scans.targets.request_rules import NO_RULES, LeftOut, RequestRules
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions import Turn, TurnOver, run_with_lease

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 15  # seconds between two looks whether the site is back
MOST_LOGINS = 5  # in the verification of one URL scan
NOTHING_SPENT = (0.0, 0.0)  # seconds worked, and seconds waited for the site
MOST_PLACES = 10  # of one weakness: what is true of a whole site shows at each of them


class SiteLost(Reasoned):
    """The site refuses us or gives no answer, and did not come back in time."""


def verify(
    url_scan_id: int, *, holder: str, timing: Timing = DEFAULT_TIMING, spent: Sequence[float] = NOTHING_SPENT
) -> None:
    """Replay the findings of an ended URL scan and conclude its verification.

    Does nothing if another worker verifies it or its results were deleted meanwhile. After an error on our side, the
    remaining findings are not replayable, with the reason. If others wait for the worker, the rest is queued.
    """
    scan = _take(url_scan_id, holder)
    if scan is None:
        return
    with transitions.letting_go(scan):
        _verify(scan, timing, spent or NOTHING_SPENT)


def _take(url_scan_id: int, holder: str) -> UrlScan | None:
    """Lease the scan. Returns None if it cannot be leased, or was verified already and waits for a reviewer."""
    with transaction.atomic():
        scan = transitions.take(url_scan_id, holder, among=PUBLISHED_AS)
        if scan and scan.verified_at:
            transaction.set_rollback(True)
            return None
        return scan


def _verify(scan: UrlScan, timing: Timing, spent: Sequence[float]) -> None:
    try:
        Replays(scan, timing, spent=spent).run()
    except transitions.LeaseLost:
        raise
    except TurnOver as turn:
        transitions.make_way(scan, "verify", turn.worked, turn.waited)
        return
    except Exception as error:
        if may_pass(error):
            raise
        logger.exception("Verifying %s broke on our side.", scan.url)
        Outcomes(scan).mark_rest(Reason("verification_broke", error=told_of(error)))
    transitions.by_holder(lambda held: transitions.conclude_verification(held, counts_of(held)))(scan)


def counts_of(scan: UrlScan) -> dict[str, int]:
    """Return the number of weaknesses with each outcome: the one that says most, of all places that were replayed."""
    counts = Counter(scan.findings.first_of_each_weakness().values_list("replay", flat=True))
    outcomes = (Replay.CONFIRMED, Replay.NOT_REPRODUCED, Replay.NOT_REPLAYABLE)
    return {str(outcome): counts[outcome] for outcome in outcomes}


def verify_again(
    url_scan_id: int, *, holder: str, timing: Timing = DEFAULT_TIMING, spent: Sequence[float] = ()
) -> None:
    """Replay the findings of a URL scan that somebody asked to verify again, until none are left.

    Does nothing if another worker does it. An outcome stays if a finding could not be looked at this time. If others
    wait for the worker, what was replayed is logged, and the rest is queued. `spent` are the seconds of earlier turns,
    if there were any.
    """
    scan, spent = transitions.begin_verify_again(url_scan_id, holder, continues=bool(spent)), spent or NOTHING_SPENT
    if scan:
        with transitions.letting_go(scan):
            while not _verify_those_asked_for(scan, timing, spent):
                spent = NOTHING_SPENT


def _verify_those_asked_for(scan: UrlScan, timing: Timing, spent: Sequence[float]) -> bool:
    """Replay what is asked for now. Returns whether that was all, or others have their turn first. Raises LeaseLost."""
    outcomes, turn = OutcomesAgain(scan), None
    try:
        Replays(scan, timing, outcomes, spent).run()
    except transitions.LeaseLost:
        raise
    except TurnOver as over:
        turn = over
    except Exception as error:
        if may_pass(error):
            raise
        logger.exception("Verifying %s again broke on our side.", scan.url)
        outcomes.mark_rest(Reason("verification_broke", error=told_of(error)))
    is_logged = turn is None or any(outcomes.counts.values())
    if is_logged and transitions.conclude_verify_again(scan, outcomes.counts, outcomes.why_not_looked):
        return True
    if turn:
        transitions.make_way(scan, "verify_again", turn.worked, turn.waited)
    return turn is not None


def _in_turns(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Return what to replay, the first place of each weakness before the second ones, and places beyond MOST_PLACES.

    Findings under which a worker was lost come last, so that all others have their outcome first.
    """
    turns: dict[int, list[Finding]] = defaultdict(list)
    seen = Counter()
    for finding in findings:
        turns[seen[finding.fingerprint]].append(finding)
        seen[finding.fingerprint] += 1
    in_order = [(turn, finding) for turn in sorted(turns) for finding in turns[turn]]
    replayed = [finding for turn, finding in in_order if turn < MOST_PLACES]
    return suspects.last(replayed), [finding for turn, finding in in_order if turn >= MOST_PLACES]


class Replays:
    """Replays findings of one URL scan, worst first, and one place of each weakness before further places."""

    def __init__(
        self,
        scan: UrlScan,
        timing: Timing = DEFAULT_TIMING,
        outcomes: Outcomes | None = None,
        spent: Sequence[float] = NOTHING_SPENT,
    ):
        self._scan, self._timing = scan, timing
        self._reading = partial(transitions.while_held, scan)  # again while the database fails
        self._policy = partial(self._reading, AllowedTarget.policy)
        self._outcomes = outcomes or Outcomes(scan)
        self._turn = Turn(scan.analysis.owner_id)
        self._worked, waited = spent  # in earlier turns
        self._until = monotonic() + settings.SCANS_VERIFY_SECONDS - self._worked
        self._patience = settings.SCANS_VERIFY_PATIENCE_SECONDS - waited  # left for a site that does not answer
        self._usual = Seen.from_json(scan.usual_answer)
        self._renewed_at = self._sent_at = monotonic()
        self._login: Login | None = None
        self._logged_in: LoggedIn | None = None
        self._logins = 0
        self._rules = NO_RULES
        self._logged_in_at = 0.0
        self._addresses: tuple[str, ...] = ()

    def run(self) -> None:
        """Replay every finding that is to be replayed, and store the outcomes. Raises LeaseLost, TurnOver."""
        todo, enough = self._reading(lambda: _in_turns(self._outcomes.todo().worst_first()))
        if not todo:
            return
        try:
            host, self._addresses = self._allowed_addresses()
        except (OSError, TargetRefused) as error:
            self._outcomes.mark_rest(Reason("site_not_asked_again", error=error))
            return
        try:
            self._open_secrets()
            self._log_in()
        except (LoginFailed, *CANNOT_BE_USED) as error:
            self._outcomes.mark_rest(Reason("login_lost", error=error))
            return
        options = {"timeout": TIMEOUT_SECONDS, "max_body_bytes": MAX_PAGE_BYTES, "rules": self._rules}
        with SiteClient(host, self._addresses, **options) as client:
            for finding in todo:
                if monotonic() > self._until:
                    self._outcomes.mark_rest(Reason("replay_out_of_time", count=settings.SCANS_VERIFY_SECONDS))
                    return
                self._make_way()
                if why := suspects.why_skipped(finding):
                    self._outcomes.store(finding, Verdict(Replay.NOT_REPLAYABLE, why, looked=False))
                    continue
                suspects.note(self._scan, finding)
                # of one finding at a time: each may be large
                self._reading(partial(finding.refresh_from_db, fields=Finding.LARGE))
                try:
                    self._outcomes.store(finding, self._verdict(client, finding))
                except TurnOver:
                    suspects.take_note_back(self._scan, finding)
                    raise
                except SiteLost as lost:
                    self._outcomes.store(finding, Verdict(Replay.NOT_REPLAYABLE, lost.why, looked=False))
                    self._outcomes.mark_rest(Reason("not_looked_at", error=lost.why))
                    return
        unlooked = Verdict(Replay.NOT_REPLAYABLE, Reason("enough_places_replayed", count=MOST_PLACES), looked=False)
        self._outcomes.store_all([(finding, unlooked) for finding in enough])

    # --- The way to the site -----------------------------------------------------------------------

    def _allowed_addresses(self) -> tuple[str, tuple[str, ...]]:
        host, _ = origin(self._scan.url)
        addresses = resolve(host)
        self._policy().check(self._scan.url, addresses)
        return host, addresses

    def _open_secrets(self) -> None:
        """Decrypt the scan's login and headers, if it has any. Raises CANNOT_BE_USED."""
        login = self._reading(lambda: self._scan.login)
        self._login = login.opened() if login else None
        self._rules = rules_of(self._scan)

    def _log_in(self) -> None:
        """Log in if the scan did, at the usual rate and up to MOST_LOGINS times. Raises LoginFailed."""
        if self._login is None:
            return
        if self._logins >= MOST_LOGINS:
            raise LoginFailed("cannot_tell", Reason("login_ended_too_often", count=MOST_LOGINS), "replay")
        self._rest(self._logged_in_at + settings.SCANS_SECONDS_BETWEEN_LOGINS - monotonic())
        self._logins += 1
        self._logged_in_at = monotonic()
        policy = self._policy()
        work = partial(log_in, self._login, self._scan.url, self._addresses, policy, self._rules)
        self._logged_in = run_with_lease(self._scan, work, timing=self._timing)

    def _login_is_lost(self) -> bool:
        """Return whether the login has ended, so that the answer proves nothing."""
        if self._login is None or self._logged_in is None:
            return False
        policy = self._policy()
        look = partial(still_holds, self._login, self._logged_in, self._scan.url, self._addresses, policy, self._rules)
        return not run_with_lease(self._scan, look, timing=self._timing)

    # --- Looking -----------------------------------------------------------------------------------

    def _verdict(self, client: SiteClient, finding: Finding) -> Verdict:
        """Return the verdict on a finding. Raises SiteLost when the site does not come back in time."""
        verdict = self._patient_verdict(client, finding)
        if verdict.replay == Replay.CONFIRMED or not self._login_is_lost():
            return verdict
        try:
            self._log_in()
        except LoginFailed as failure:
            return Verdict(Replay.NOT_REPLAYABLE, Reason("login_lost", error=failure), looked=False)
        verdict = self._patient_verdict(client, finding)
        if verdict.replay != Replay.CONFIRMED and self._login_is_lost():
            return Verdict(Replay.NOT_REPLAYABLE, Reason("login_lost", error=Reason("request_ends_login")))
        return verdict

    def _patient_verdict(self, client: SiteClient, finding: Finding) -> Verdict:
        """Look at a finding, and once more if the look failed. Waits for a site that does not answer.

        A look that fails twice on a site that answers otherwise is the verdict of this finding alone.
        """
        verdict = self._look(client, finding)
        if not verdict.looked:
            self._wait_for_site(client, verdict.reason)
            verdict = self._look(client, finding)
        return verdict

    def _look(self, client: SiteClient, finding: Finding) -> Verdict:
        """Return the verdict of one look, which is none if the site refuses it or gives no answer."""
        looked = False
        try:
            about_page = finding.url == self._scan.url and not finding.parameter
            usual = self._usual if about_page and not self._login else None  # a stranger's, who may see another page
            cookies = self._logged_in.session.cookies if self._logged_in else ()
            ask = partial(self._ask, client)
            return judge(finding, ask, usual=usual, rest=self._rest, login_cookies=cookies)
        except httpx.TimeoutException:
            why = Reason("site_gave_no_answer_in_time", count=TIMEOUT_SECONDS)
        except (httpx.HTTPError, OSError) as error:
            why = Reason("site_gave_no_answer", error=str(error) or type(error).__name__)
        except NotReplayable as error:
            why, looked = error.why, not isinstance(error, Refused)
        except ValueError as error:
            why, looked = Reason("request_not_sendable", error=error), True
        return Verdict(Replay.NOT_REPLAYABLE, why, looked)

    def _wait_for_site(self, client: SiteClient, why: Reason) -> None:
        """Wait until the site's own page is answered as usual. Raises SiteLost, with `why`, if that takes too long."""
        pause = 1.0
        while not self._site_answers(client):
            self._make_way()
            left = min(self._patience, self._until - monotonic())
            if left <= 0:
                raise SiteLost(why)
            pause = min(pause, left)
            self._patience -= pause
            self._rest(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _make_way(self) -> None:
        """Raise TurnOver if others wait for this worker."""
        if self._reading(self._turn.is_over):
            waited = settings.SCANS_VERIFY_PATIENCE_SECONDS - self._patience
            raise TurnOver(round(self._worked + self._turn.worked, 1), round(waited, 1))

    def _site_answers(self, client: SiteClient) -> bool:
        target = self._scan.url.removeprefix(_site(self._scan.url)) or "/"
        try:
            answer = self._ask(client, StoredRequest("GET", target, {}, ""), anonymous=True)  # as the usual answer was
        except LeftOut:
            return True  # nobody can tell
        except (httpx.HTTPError, OSError, ValueError):
            return False
        if self._usual is None:
            return answer.status < 400
        if answer.status >= 500 and answer.status != self._usual.status:
            return False
        return not refusal(answer.status, answer.headers, answer.body, self._usual)

    def _rest(self, seconds: float) -> None:
        """Sleep, and keep the lease meanwhile. Raises LeaseLost."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            sleep(min(left, self._timing.between_renewals))
            self._renew_if_due()

    def _renew_if_due(self) -> None:
        if monotonic() - self._renewed_at > self._timing.between_renewals:
            transitions.renew(self._scan)
            self._renewed_at = monotonic()

    def _ask(self, client: SiteClient, request: StoredRequest, *, anonymous: bool = False) -> Answer:
        """Send one request at the limited rate, with the scan's login unless `anonymous`, and return the answer.

        Raises NotReplayable for a request to another site.
        """
        site = _site(self._scan.url)
        path = request.target.removeprefix(site)
        if not path.startswith("/"):
            raise NotReplayable("request_to_other_site")
        if rate := settings.SCANS_REPLAYS_PER_SECOND:
            self._rest(self._sent_at + 1 / rate - monotonic())
        self._renew_if_due()
        self._sent_at = monotonic()
        url, body = site + path, request.body.encode() or None
        session = self._logged_in.session if self._logged_in and not anonymous else Session()
        carried = carrying(session, url, request.headers, self._rules)
        handshake = handshake_of(self._login) if self._login and not anonymous else None
        if handshake is None:
            return client.send(request.method, url, carried, body)

        def send(sent: httpx.Request) -> httpx.Response:
            return as_response(client.send(request.method, url, sent.headers, body), sent)

        return exchange(handshake, httpx.Request(request.method, url, headers=carried, content=body), send).extensions[
            "answer"
        ]


def _site(url: str) -> str:
    """Return scheme, host and port of an address."""
    target = urlsplit(url)
    return f"{target.scheme}://{target.netloc}"


def carrying(session: Session, url: str, headers: Mapping[str, str], rules: RequestRules = NO_RULES) -> dict[str, str]:
    """Return the headers of a stored request with the login of a session, whose cookies win.

    The client adds the headers of `rules` itself, so they are left out; but a User-Agent stays, as it may be an attack,
    and so does the type of the body.
    """
    of_rules = rules.headers_for(url).keys()
    ours = of_rules - {"user-agent", "content-type"}
    given = {name.lower() for name, _ in session.headers} | ours
    before = "; ".join(value for name, value in headers.items() if name.lower() == "cookie")
    kept = {name: value for name, value in headers.items() if name.lower() not in given | {"cookie"}}
    kept |= SiteCookies(session.cookies).headers(url, before)
    if session.user_agent and "user-agent" not in given | of_rules | {name.lower() for name in kept}:
        kept["user-agent"] = session.user_agent
    return kept | dict(session.headers)

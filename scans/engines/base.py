"""The protocol of every scan engine: it takes a job and commands, and returns events.

Engines report facts. The runner decides whether a scan is complete, never the engine: Wapiti exits with 0 and a clean
report even when its target is down.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

# The User-Agent of our own requests, and of an engine's if one is given: the given one takes its place on
# the way out, so that a User-Agent that is an attack stays.
USER_AGENT = "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)"


class Severity(StrEnum):
    """The severity of a finding, most severe first, in the five levels common among engines."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Kind(StrEnum):
    """The fault that a finding names, or how it was found: it tells findings of one category at one place apart."""

    MISSING = "missing"
    INVALID = "invalid"
    UNSAFE = "unsafe"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"
    PREDICTABLE = "predictable"
    UNCOMMON = "uncommon"
    ERROR = "error"
    BOOLEAN = "boolean"
    TIME = "time"
    OUT_OF_BAND = "out_of_band"
    POSSIBLE = "possible"


class Outcome(StrEnum):
    """The ending that an engine process reports. CRASHED is reported for a process that ended without a report."""

    COMPLETED = "completed"
    STOPPED = "stopped"
    EXPIRED = "expired"
    CHECKPOINTED = "checkpointed"
    ORPHANED = "orphaned"
    UNREACHABLE = "unreachable"
    TOO_MANY_FINDINGS = "too_many_findings"
    BUDGET_USED_UP = "budget_used_up"
    TECHNICAL = "technical"
    CRASHED = "crashed"


class Reach(StrEnum):
    """How far the engine got with an address of the site."""

    FOUND = "found"
    ATTACKED = "attacked"
    SKIPPED = "skipped"
    BLOCKED = "blocked"


class Command(StrEnum):
    """A command that a running engine process accepts."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    EXPIRE = "expire"
    CHECKPOINT = "checkpoint"
    REFUSED = "refused"  # the answers that came last were refusals; see Doubted
    STAY = "stay"  # the worker still holds the scan; see Job.seconds_to_stay


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """A cookie of a logged-in session.

    `domain` is a host (IPv6 addresses in brackets). A leading dot means that subdomains get the cookie too.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    secure: bool = False


@dataclass(frozen=True, kw_only=True)
class Session:
    """The result of a login, which every request then carries.

    `user_agent` is the one the login used: many sites end a session when it changes. `storage` is the site's browser
    storage as JSON, for another browser to continue with; engines ignore it.
    """

    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user_agent: str = ""
    storage: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class LoggedOutRule:
    """Signs in a response that the login may be over. The probe then decides."""

    pattern: str = ""  # a regular expression, searched in response bodies
    login_url: str = ""  # a redirect to this address
    on_401: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionProbe:
    """The page that shows whether the login still holds: it must answer, and match the pattern if there is one.

    An engine requests it after a doubtful response, from time to time, and before it reports "completed".
    """

    url: str
    logged_in_pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class NewLogin:
    """A new session after LoggedOut, with the signs of this login, which may differ from the previous login's."""

    session: Session
    logged_out: LoggedOutRule
    session_probe: SessionProbe


@dataclass(frozen=True, kw_only=True)
class HttpLogin:
    """A login that is a handshake on each connection, so the engine itself must perform it."""

    method: str  # "digest" or "ntlm"
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Seed:
    """An address or form that a crawl script visited, or a request that a script of its pages made.

    The crawl starts from these too. `body` is JSON, which is sent instead of fields.
    """

    method: str
    url: str
    fields: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One scan of one URL, with everything that an engine needs to know.

    `directory` belongs to this scan alone (session, report, the engine's HOME). It may hold the session of an earlier
    attempt, from which the engine then continues. `resolve` maps each reachable host to its addresses; the engine
    connects to no other address, even if DNS changes. If the engine receives no command, not even to stay, for
    `seconds_to_stay`, it ends as if its worker were gone: the worker may be frozen, and another worker may have taken
    over the scan.
    """

    url: str
    directory: Path
    resolve: Mapping[str, tuple[str, ...]]
    depth: int = 20
    max_findings: int = 1000
    max_requests: int = 1_000_000
    requests_per_second: float = 0.0  # 0: no limit
    read_timeout_seconds: float = 10.0
    memory_limit_bytes: int = 2 * 1024**3
    seconds_to_stay: float = 0.0  # 0: for ever
    modules: tuple[str, ...] = ()  # empty: the engine's usual set
    session: Session | None = None
    http_login: HttpLogin | None = None
    logged_out: LoggedOutRule | None = None
    session_probe: SessionProbe | None = None
    excluded: tuple[str, ...] = ()  # addresses never requested, such as logouts; “?do=out” matches any path
    seeds: tuple[Seed, ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # of every request, with or without a login
    left_out: tuple[str, ...] = ()  # patterns of addresses that are never requested: see targets/shared_rules.py


@dataclass(frozen=True, kw_only=True)
class Started:
    """The engine runs and is about to send its first request."""

    engine: str
    version: str
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Sent once a second while the engine runs, and once just before it ends. It is also the heartbeat.

    Counts are totals of this process. A process that continues from a session starts at zero again.
    """

    phase: str  # "crawl", "attack" or "report"
    module: str = ""
    modules_done: int = 0
    modules_total: int = 0
    urls_crawled: int = 0
    requests: int = 0
    responses: Mapping[str, int] = field(default_factory=dict)  # "2xx": 17, …
    network_errors: int = 0
    refused: int = 0  # requests that the site refused, sent again or not
    requests_per_minute: int = 0  # how many are sent to a site that refuses more; 0 for one that does not
    seconds_to_wait: int = 0  # until the next request, because the site refuses requests
    delaying: bool = False  # an attack told the site to wait, and no answer has come since
    memory_bytes: int = 0
    paused: bool = False  # a pause was requested, and no request is in flight any more
    waiting_for_login: bool = False  # no requests until `EngineRun.log_in`


@dataclass(frozen=True, kw_only=True)
class UrlCrawled:
    """The crawler has a response for this address."""

    method: str
    url: str
    status: int


@dataclass(frozen=True, kw_only=True)
class AddressSeen:
    """How far the engine got with an address, sent once for each state. ATTACKED includes guessed addresses.

    The address has no query string, except where the query is why it was skipped. `status` is that of the response, if
    the crawler has one.
    """

    reach: Reach
    method: str
    url: str
    status: int = 0
    reason: str = ""  # why it was skipped or blocked: a code of scans.reasons, or a text


@dataclass(frozen=True, kw_only=True)
class CrawlSeen:
    """Sums the crawl up, once it is over; sent again by a process that resumes the scan."""

    pages: int  # different pages and documents; more than five pages are not told apart
    data: int  # addresses that answered with data, as an API does
    only_login: bool  # nothing but a login, and pages that stand beside one
    only_scripts: bool  # nothing but pages that scripts fill, whose requests the engine does not see
    descriptions: tuple[tuple[str, str], ...] = ()  # (kind, address) of descriptions of an API that it did not use


@dataclass(frozen=True, kw_only=True)
class ModuleFailed:
    """A module of the engine, or its crawl, dropped an address; or, without an address, broke as a whole."""

    module: str
    error: str  # a code of scans.reasons, or a text
    method: str = ""
    url: str = ""  # without its query


@dataclass(frozen=True, kw_only=True)
class FindingReported:
    """One weakness with its evidence. Texts are the engine's own, cut to a sensible length.

    `evidence_status`, `evidence_headers` and `evidence_body` hold the response that revealed the weakness (body: the
    first 64 KiB as text). They are empty if only the report of the run is left.

    `subject` is the name of what it is about, such as a cookie, and `kind` a Kind, where the engine says so. A
    `site_wide` finding is about the server's configuration: reported for many pages, it is one weakness.
    """

    category: str
    severity: Severity
    method: str
    url: str
    parameter: str
    module: str
    info: str
    http_request: str
    curl: str
    description: str = ""
    solution: str = ""
    references: tuple[tuple[str, str], ...] = ()  # (title, address)
    wstg: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    evidence_status: int = 0
    evidence_headers: tuple[tuple[str, str], ...] = ()
    evidence_body: str = ""
    subject: str = ""
    kind: str = ""
    site_wide: bool = False


def identity(finding: FindingReported) -> str:
    """Return the SHA-256, in hex, that identifies one weakness across repeated reports and runs.

    The request is left out on purpose: engines put random marks into their payloads, so the same weakness arrives with
    a different request each time (Wapiti's cross-site scripting module does this).
    """
    names = ("category", "severity", "method", "url", "parameter", "module", "info")
    parts = [getattr(finding, name) for name in names]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class LoggedOut:
    """The login is over. The engine sends nothing until it gets a new session.

    `found_out` is true when the engine has just learned which address ends the login; it no longer requests that
    address.
    """

    reason: str
    url: str
    found_out: bool = False


@dataclass(frozen=True, kw_only=True)
class Doubted:
    """So many answers in a row look alike, as a firewall's block page does, and the start page looks the same.

    The engine sends nothing until Command.RESUME, preceded by Command.REFUSED if the site really turns us away.
    """

    status: int
    count: int


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of the engine's own log."""

    level: str  # "debug", "info", "warning", "error"
    text: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The last event of every run. The process wrapper creates it if the engine did not send it."""

    outcome: Outcome
    reason: str = ""  # a code of scans.reasons, of which `facts` are the facts; or a text
    facts: Mapping[str, str | int] = field(default_factory=dict)


Event = (
    Started
    | Progress
    | UrlCrawled
    | AddressSeen
    | CrawlSeen
    | ModuleFailed
    | FindingReported
    | LoggedOut
    | Doubted
    | LogLine
    | Ended
)


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """The answer whether an engine can run here: its version, or the problem.

    `problem` is a code of scans.reasons and `facts` are its facts, besides the engine's name.
    """

    version: str = ""
    problem: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the engine can be started."""
        return not self.problem


@dataclass(frozen=True, kw_only=True)
class Report:
    """The engine's own final report, read and checked."""

    findings: tuple[FindingReported, ...]
    urls_crawled: int
    version: str


class ReportError(Exception):
    """The engine's report is missing, empty, truncated, of the wrong shape or too large.

    `code` is one of scans.reasons and says which, `facts` are its facts.
    """

    def __init__(self, code: str, **facts: str | int):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


class EngineRun(Protocol):
    """A running engine process; see process.EngineProcess."""

    pid: int

    def events(self, timeout: float) -> list[Event]:
        """Return the events that have arrived, waiting at most `timeout` seconds for the first. Ended comes last."""

    def send(self, command: Command) -> None:
        """Send a command. A process that has ended is not an error, since Ended reports it."""

    def log_in(self, login: NewLogin) -> None:
        """Continue with this login, after LoggedOut."""

    def seconds_silent(self) -> float:
        """Return the seconds since the last event arrived."""

    def end(self, grace_seconds: float) -> None:
        """End the whole process group: SIGTERM, then SIGKILL after the grace. Returns when all processes are gone."""


class Engine(Protocol):
    """A scanner that this product can run."""

    name: str

    def preflight(self) -> Preflight:
        """Check whether the engine can run here. Starts it briefly, which takes up to a few seconds."""

    def start(self, job: Job) -> EngineRun:
        """Start the engine on a job. Raises OSError when no process can be created."""

    def read_report(self, directory: Path) -> Report:
        """Read the final report of a run. Raises ReportError."""

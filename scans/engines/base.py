"""What every scan engine takes and gives: a job in, events out, commands while it runs.

Engines report facts. Whether a scan counts as completed is decided by the runner, never here:
Wapiti exits 0 with a clean report when its target is down.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Severity(StrEnum):
    """How much a finding matters, worst first, in the engines' common five steps."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Outcome(StrEnum):
    """How an engine process says it ended; CRASHED is said for one that said nothing."""

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
    """How far the engine came with an address of the site."""

    FOUND = "found"
    ATTACKED = "attacked"
    SKIPPED = "skipped"
    BLOCKED = "blocked"


class Command(StrEnum):
    """What a running engine process can be asked to do."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    EXPIRE = "expire"
    CHECKPOINT = "checkpoint"
    STAY = "stay"  # the scan is still its worker's; see Job.seconds_to_stay


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """One cookie of a logged-in session.

    `domain` is a host, an IPv6 address in brackets; with a dot before it, its subdomains get the cookie too.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    secure: bool = False


@dataclass(frozen=True, kw_only=True)
class Session:
    """What a login gives, and each request then carries.

    `user_agent` is what the login was made with: many a site ends a session that comes with another one. `storage` is
    what the site keeps in a browser, as JSON, for another browser to go on with; an engine has no use for it.
    """

    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    user_agent: str = ""
    storage: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class LoggedOutRule:
    """What makes an answer look as if the login were over; the probe then decides."""

    pattern: str = ""  # a regular expression, looked for in texts
    login_url: str = ""  # a redirect there
    on_401: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionProbe:
    """The page that shows whether the login holds: by answering, and by matching the pattern where there is one.

    An engine asks for it whenever an answer makes it doubt, from time to time, and before it says "completed".
    """

    url: str
    logged_in_pattern: str = ""


@dataclass(frozen=True, kw_only=True)
class NewLogin:
    """What an engine goes on with after LoggedOut; the signs of a login may be others than those of the one before."""

    session: Session
    logged_out: LoggedOutRule
    session_probe: SessionProbe


@dataclass(frozen=True, kw_only=True)
class HttpLogin:
    """A login that is a handshake on each connection, so that the engine itself has to know it."""

    method: str  # "digest" or "ntlm"
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Seed:
    """An address or form that a crawl script visited, for the crawl to begin with."""

    method: str
    url: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Job:
    """One scan of one URL, complete: an engine needs to know nothing else.

    `directory` belongs to this scan alone (session, report, the engine's HOME) and may hold the
    session of an earlier attempt, from which the engine then goes on. `resolve` maps each host
    that may be reached to its addresses; the engine connects to no other address, whatever DNS
    says meanwhile. An engine that is told nothing, not even to stay, for `seconds_to_stay` ends as where its
    worker is gone: that one may be frozen, and another worker go on with the scan.
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
    excluded: tuple[str, ...] = ()  # addresses that are never asked for: those that log out; “?do=out” is at any path
    seeds: tuple[Seed, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Started:
    """The engine runs and is about to send its first request."""

    engine: str
    version: str
    resumed: bool = False


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Sent once a second while the engine lives, and once just before it ends; also its heartbeat.

    Counts are totals of this process; one that goes on from a session begins at zero again.
    """

    phase: str  # "crawl", "attack" or "report"
    module: str = ""
    modules_done: int = 0
    modules_total: int = 0
    urls_crawled: int = 0
    requests: int = 0
    responses: Mapping[str, int] = field(default_factory=dict)  # "2xx": 17, …
    network_errors: int = 0
    memory_bytes: int = 0
    paused: bool = False  # asked to pause, and no request is under way any more
    waiting_for_login: bool = False  # nothing is sent until `EngineRun.log_in`


@dataclass(frozen=True, kw_only=True)
class UrlCrawled:
    """The crawler has an answer for this address."""

    method: str
    url: str
    status: int


@dataclass(frozen=True, kw_only=True)
class AddressSeen:
    """How far the engine came with an address, said once for each state; ATTACKED also of ones that it only guesses.

    The address comes without its query. `status` is the answer's, where the crawler has one.
    """

    reach: Reach
    method: str
    url: str
    status: int = 0
    reason: str = ""  # why it was skipped or blocked


@dataclass(frozen=True, kw_only=True)
class FindingReported:
    """One weakness with its evidence. Texts are as the engine gave them, cut to sane lengths.

    `evidence_status`, `evidence_headers` and `evidence_body` are the answer that made the engine
    report it (body: the first 64 KiB as text); empty where only a report is left of the run.
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


def identity(finding: FindingReported) -> str:
    """SHA-256 in hex that is the same for one weakness however often, and in whichever run, it is reported.

    The request is left out on purpose: engines put random marks into their payloads, so the same
    weakness comes with another request each time (Wapiti's cross-site scripting module does).
    """
    parts = (
        finding.category,
        finding.severity,
        finding.method,
        finding.url,
        finding.parameter,
        finding.module,
        finding.info,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class LoggedOut:
    """The login is over: the engine sends nothing until it is given a new session.

    `found_out`: it has just learned which address ended this login and those before it, and leaves that alone.
    """

    reason: str
    url: str
    found_out: bool = False


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of the engine's own log."""

    level: str  # "debug", "info", "warning", "error"
    text: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """The last event of every run, made by the process wrapper where the engine said nothing."""

    outcome: Outcome
    reason: str = ""


Event = Started | Progress | UrlCrawled | AddressSeen | FindingReported | LoggedOut | LogLine | Ended


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """Whether an engine can run here: its version, or the problem and what to do about it."""

    version: str = ""
    problem: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """True when the engine can be started."""
        return not self.problem

    def explain(self, engine: str) -> str:
        """The problem and its remedy in a sentence about this engine; empty when there is none."""
        return f"{engine} is {self.problem}. What to do: {self.remedy}." if self.problem else ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The engine's own closing report, read and checked."""

    findings: tuple[FindingReported, ...]
    urls_crawled: int
    version: str


class ReportError(Exception):
    """The engine's report is missing, empty, truncated, of the wrong shape or too large; str() says which."""


class EngineRun(Protocol):
    """A running engine process; see process.EngineProcess."""

    pid: int

    def events(self, timeout: float) -> list[Event]:
        """Events that have arrived, waiting at most `timeout` seconds for the first; Ended comes once, last."""

    def send(self, command: Command) -> None:
        """Ask for something; a process that is gone is no error (Ended tells)."""

    def log_in(self, login: NewLogin) -> None:
        """Go on with this login, after LoggedOut."""

    def seconds_silent(self) -> float:
        """Seconds since the last event arrived."""

    def end(self, grace_seconds: float) -> None:
        """SIGTERM to the whole process group, then SIGKILL after the grace; returns when all are gone."""


class Engine(Protocol):
    """A scanner that this product can run."""

    name: str

    def preflight(self) -> Preflight:
        """Look whether the engine can run here; starts it briefly, takes up to some seconds."""

    def start(self, job: Job) -> EngineRun:
        """Start the engine on a job; raises OSError when no process can be made."""

    def read_report(self, directory: Path) -> Report:
        """Read the closing report of a run; raises ReportError."""

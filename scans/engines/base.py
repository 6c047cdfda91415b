"""The protocol of every scan engine: it takes a job and commands, and returns events.

Engines report facts. The runner decides whether a scan is complete, never the engine: Wapiti exits with 0 and a clean
report even when its target is down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from scans.engines.events import Event, FindingReported

# The User-Agent of our own requests, and of an engine's if one is given: the given one takes its place on
# the way out, so that a User-Agent that is an attack stays.
USER_AGENT = "Mozilla/5.0 (compatible; Dynamic Analysis dashboard)"


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

    `domain` is a host (IPv6 addresses in brackets). A leading dot means that subdomains get the cookie too. `http_only`
    is None for a cookie that a user gave: nobody saw the site set it, so its flags are unknown.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    secure: bool = False
    http_only: bool | None = None


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
    requests_at_once: int = 6  # to the site; as many as a browser opens to one host
    read_timeout_seconds: float = 10.0
    memory_limit_bytes: int = 2 * 1024**3
    seconds_to_stay: float = 0.0  # 0: for ever
    tls_verify: bool = True  # whether the target's certificate must be trusted
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

    def installed(self) -> str:
        """Return name and version of what is installed, without starting it; empty if nothing is."""

    def start(self, job: Job) -> EngineRun:
        """Start the engine on a job. Raises OSError when no process can be created."""

    def read_report(self, directory: Path) -> Report:
        """Read the final report of a run. Raises ReportError."""

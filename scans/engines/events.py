"""The events that an engine reports while it runs: facts. The runner decides whether a scan is complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
    frames: tuple[str, ...] = ()  # addresses of other sites that pages show in a frame


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

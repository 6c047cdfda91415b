"""Reports of an engine that are not stored yet, and storing all of them in one transaction of the lease holder."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from scans import transitions
from scans.database import clock
from scans.engines.events import AddressSeen, CrawlSeen, Event, FindingReported, LogLine, ModuleFailed, UrlCrawled
from scans.harmless import one_line
from scans.models import UrlScan
from scans.results import coverage, findings, module_errors, sights
from scans.statuses import UrlScanStatus


@dataclass
class _Heard:
    """Events by what becomes of them."""

    found: list[FindingReported] = field(default_factory=list)
    addresses: list[UrlCrawled | AddressSeen] = field(default_factory=list)
    failures: list[ModuleFailed] = field(default_factory=list)
    crawls: list[CrawlSeen] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    progress: dict = field(default_factory=dict)

    @property
    def only_progress(self) -> bool:
        return not (self.found or self.addresses or self.failures or self.crawls or self.lines)


class Recording:
    """Keeps what was heard until it is stored. `led_to` is the page that the target leads to."""

    def __init__(self, scan: UrlScan, led_to: str = ""):
        self._scan, self._led_to = scan, led_to
        self._heard = _Heard()

    def hear(self, events: Iterable[Event]) -> None:
        """Keep those events that are to be stored."""
        for event in events:
            match event:
                case FindingReported():
                    self._heard.found.append(event)
                case UrlCrawled() | AddressSeen():
                    self._heard.addresses.append(event)
                case ModuleFailed():
                    self._heard.failures.append(event)
                case CrawlSeen():
                    self._heard.crawls.append(event)
                case LogLine():
                    self.log(event)

    def log(self, line: LogLine) -> None:
        """Keep a line for the engine's log, with the time of now."""
        self._heard.lines.append(f"{clock.now():%H:%M:%S} {line.level:7} {one_line(line.text)}\n")

    def note(self, **progress) -> None:
        """Keep columns of the URL scan, in place of earlier values."""
        self._heard.progress.update(progress)

    @property
    def is_urgent(self) -> bool:
        """Whether it holds what should be stored at once: findings, and what notices are made of."""
        return bool(self._heard.found or self._heard.failures or self._heard.crawls)

    def store(self) -> tuple[UrlScanStatus, datetime | None]:
        """Store what was heard and renew the lease. Returns status and end of the duration, as `renew` does.

        One statement if there is nothing. Everything is kept if it raises LeaseLost or the error of a database that
        fails until the lease ends. Raises OSError, with the rest stored, if the log cannot be written.
        """
        heard = self._heard
        if heard.only_progress:
            now = transitions.renew(self._scan, **heard.progress)
            unwritten = None
        else:
            now, unwritten = _store(self._scan, heard, self._led_to)
        self._heard = _Heard()
        if unwritten:
            raise unwritten
        return now


@transitions.by_holder
def _store(scan: UrlScan, heard: _Heard, led_to: str) -> tuple[tuple[UrlScanStatus, datetime | None], OSError | None]:
    if heard.found:
        findings.store(scan, heard.found)
    if heard.addresses:
        coverage.store(scan, heard.addresses)
    notices = module_errors.store(scan, heard.failures) if heard.failures else []
    for crawl in heard.crawls:
        notices += sights.notices_of(crawl, scan, led_to)
    for notice in notices:
        transitions.add_notice(scan, notice)
    now = transitions.renew(scan, **heard.progress)
    return now, _append(scan, heard.lines)  # last, because a file is not undone with the transaction


def _append(scan: UrlScan, lines: list[str]) -> OSError | None:
    """Append lines to the engine's log. Returns the error of a full disk, which must not undo what was found."""
    try:
        if lines:
            with open(scan.directory / "engine.log", "a", encoding="utf-8") as log:
                log.writelines(lines)
    except OSError as error:
        return error
    return None

"""Holding an engine while its site turns us away or is kept busy, and saying how the site slows a scan down."""

from scans import transitions
from scans.engines.base import Command, EngineRun
from scans.engines.events import Doubted, Progress
from scans.models import UrlScan
from scans.reasons import NO_REASON, Reason
from scans.targets.monitor import SiteMonitor


class Holding:
    """Pauses the engine for as long as the monitor sees refusals, or silence that an attack may have caused.

    `pace` is how the site slows the scan down at the moment; false if it does not.
    """

    def __init__(self, scan: UrlScan, engine_run: EngineRun, watch: SiteMonitor):
        self._scan, self._run, self._watch = scan, engine_run, watch
        self._held = False
        self._looks_needed = 0  # until the engine may continue
        self._turned_away = False  # and the engine was told so
        self._progress = Progress(phase="")
        self._logged = ""  # the code of why the engine is held, as the log says
        self._told_of_pace = scan.requests_refused is not None

    def note(self, progress: Progress) -> None:
        """Take the engine's progress into account."""
        self._progress = progress
        self._watch.delaying = progress.delaying
        if progress.seconds_to_wait:
            self._watch.rest(progress.seconds_to_wait)

    def doubted(self, doubt: Doubted) -> None:
        """Look at the site, because the engine doubts its answers. It sends nothing until it is told to."""
        self._held, self._looks_needed = True, self._watch.look_now()

    def act(self) -> None:
        """Hold the engine or let it continue, as the last look requires, and log that. Raises LeaseLost."""
        why = self._why()
        if why and not self._held:
            self._run.send(Command.PAUSE)
            self._held = True
        if self._watch.refuses and not self._turned_away:
            self._run.send(Command.REFUSED)
            self._turned_away = True
        if why.code != self._logged and why:
            transitions.note_pace(self._scan, "url_scan.held", reason=why)
            self._logged = why.code
        if self._held and not self._watch.doubtful and self._watch.looks >= self._looks_needed:
            self._let_go()
        if not self._told_of_pace and (pace := self.pace) and not why:
            transitions.note_pace(self._scan, "url_scan.slowed", reason=pace)
            self._told_of_pace = True

    def _let_go(self) -> None:
        self._run.send(Command.RESUME)
        if self._logged:
            transitions.note_pace(self._scan, "url_scan.let_go")
        self._held, self._turned_away, self._logged = False, False, ""

    def _why(self) -> Reason:
        """Return why the engine must send nothing; false if it may."""
        if refuses := self._watch.refuses:
            return Reason("pace_refused", why=refuses)
        return Reason("pace_busy") if self._watch.kept_busy else NO_REASON

    @property
    def pace(self) -> Reason:
        """How the site slows the scan down at the moment; false if it does not."""
        if why := self._why():
            return why
        if seconds := self._progress.seconds_to_wait:
            return Reason("pace_waits", count=seconds)
        rate = self._progress.requests_per_minute
        return Reason("pace_slow", count=rate) if rate else NO_REASON

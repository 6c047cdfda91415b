"""Supervising one engine process from its start to the verdict on how the scan ended.

We do not rely on the engine alone: we probe the site while it runs, end it when it is silent or its time is over, and
read its report before a scan counts as completed.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic

from django.db import Error

from scans import artifacts, room, transitions
from scans.browser import Task, play
from scans.database import clock
from scans.database.patience import may_pass
from scans.engines.base import Command, Engine, EngineRun, ReportError
from scans.engines.events import (
    Doubted,
    Ended,
    Event,
    LoggedOut,
    LogLine,
    Outcome,
    Progress,
    Started,
)
from scans.login.session_keeper import LoginKeeper
from scans.models import Actor, Screenshot, UrlScan
from scans.models.system_part import host_name
from scans.reasons import NO_REASON, SENTENCES, Notice, Reason, as_reason, facts_of
from scans.results import findings
from scans.statuses import EndedBy, UrlScanStatus
from scans.targets.monitor import SiteMonitor, why_lost
from scans.targets.request_rules import NO_RULES, RequestRules
from scans.timing import DEFAULT_TIMING, Timing
from scans.transitions import run_with_lease
from scans.workers.evidence import keep_picture
from scans.workers.holding import Holding
from scans.workers.recording import Recording
from scans.workers.setup import engine_problem

logger = logging.getLogger(__name__)

# Set when this worker is told to shut down; it then leaves its scan to another worker.
shutdown_requested = threading.Event()
_ENDINGS = {
    Outcome.STOPPED: EndedBy.USER,
    Outcome.EXPIRED: EndedBy.DURATION,
    Outcome.UNREACHABLE: EndedBy.SITE,
    Outcome.TECHNICAL: EndedBy.TECHNICAL,
}
_WAITS_FOR_ROOM = {"reason": Reason("waits_for_room"), "action": "url_scan.handed_over"}


def why_not_started(scan: UrlScan, engine: Engine, error: Reason | str, timing: Timing = DEFAULT_TIMING) -> Reason:
    """Return why the engine did not start: the problem that its preflight finds now, otherwise `error`."""
    problem = run_with_lease(scan, lambda: engine_problem(engine), timing=timing)
    return problem or Reason("engine_not_started", reason=error)


def why_ended(ended: Ended) -> Reason:
    """Return the reason that the engine gave for its end, a code or a text; otherwise one for its outcome."""
    if ended.reason in SENTENCES and facts_of(ended.reason) == ended.facts.keys():
        return Reason(ended.reason, **ended.facts)
    return as_reason(ended.reason) or Reason(f"engine_ended_{ended.outcome}")


class Supervision:
    """Supervises one engine process and its URL scan until the process has ended."""

    def __init__(
        self,
        scan: UrlScan,
        engine: Engine,
        engine_run: EngineRun,
        watch: SiteMonitor,
        addresses: tuple[str, ...],
        keeper: LoginKeeper,
        timing: Timing = DEFAULT_TIMING,
        rules: RequestRules = NO_RULES,
        led_to: str = "",
        begins_again: Reason = NO_REASON,
    ):
        self._timing, self._begins_again = timing, begins_again
        self._scan, self._engine, self._run, self._keeper = scan, engine, engine_run, keeper
        self._watch, self._rules, self._addresses = watch, rules, addresses
        self._status = UrlScanStatus(scan.status)
        self._began_at = monotonic()
        self._expires_at: datetime | None = None
        self._renewed_at = 0.0
        self._begun = False
        self._asked: Command | None = None
        self._asked_at = 0.0
        self._why: tuple[EndedBy, Reason] | None = None  # our own reason to end the scan; it overrides the engine's
        self._leaving: dict = {}  # what to say of a scan that is handed over by a worker that is not shut down
        self._ended: Ended | None = None
        self._recording = Recording(scan, led_to)
        # An engine that resumes a session counts from zero again; the earlier counts are added.
        self._before = Counter(requests=scan.requests, urls=scan.urls_crawled, errors=scan.network_errors)
        self._before["refused"] = scan.requests_refused or 0
        self._responses_before = Counter(scan.responses)
        self._requests = self._usable_answers = self._pages = 0
        self._refused = self._before["refused"]
        self._holding = Holding(scan, engine_run, watch)
        self._told_of_failed_login = keeper.in_a_row > 0

    def run(self) -> None:
        """Process the engine's events until it has ended, then end the scan. Raises LeaseLost, TransitionRefused.

        Also raises the error of a database that failed until the lease was about to end, once the session is saved.
        """
        try:
            while self._ended is None:
                self._hear(self._run.events(timeout=0.25))
                self._renew(now=self._recording.is_urgent)
                if self._ended is None:
                    self._keep_logged_in()
                    self._decide()
            self._renew(now=True)
            self._conclude(self._ended)
        except Error as error:
            if may_pass(error):
                self._save_session()
            raise

    # --- Events of the engine

    def _hear(self, events: list[Event]) -> None:
        for started in (event for event in events if isinstance(event, Started)):
            self._begin(started)
        self._recording.hear(events)
        for event in events:
            if isinstance(event, Progress):
                self._note(event)
            elif isinstance(event, LoggedOut):
                self._recording.log(LogLine(level="warning", text=f"logged out at {event.url}: {event.reason}"))
                self._keeper.lost(explained=event.found_out)
            elif isinstance(event, Doubted):
                self._holding.doubted(event)
            elif isinstance(event, Ended):
                self._ended = event

    def _begin(self, started: Started) -> None:
        try:
            facts = {"continues": started.resumed, "reason": self._begins_again or Reason("session_unusable")}
            transitions.begin(self._scan, engine=started.engine, version=started.version, **facts)
        except transitions.TransitionRefused:
            return  # stopped meanwhile; the next `_renew` reads the status
        if not started.resumed:
            self._before["urls"] = 0  # it crawls them all again
        self._begun = True
        self._watch.start()

    def _note(self, progress: Progress) -> None:
        self._holding.note(progress)
        responses = self._responses_before + Counter(progress.responses)
        self._refused = self._before["refused"] + progress.refused
        usable = responses.total() - max(responses["5xx"], self._refused)
        pages = responses["2xx"] + responses["3xx"]
        if usable > self._usable_answers:
            self._watch.engine_got_answers(pages=pages > self._pages)
        self._requests, self._usable_answers = self._before["requests"] + progress.requests, usable
        self._pages = pages
        as_they_are = ("phase", "module", "modules_done", "modules_total")
        self._recording.note(
            **{name: getattr(progress, name) for name in as_they_are},
            urls_crawled=self._before["urls"] + progress.urls_crawled,
            requests=self._requests,
            responses=dict(responses),
            network_errors=self._before["errors"] + progress.network_errors,
            pace=self._holding.pace,
        )
        if self._refused:
            self._recording.note(requests_refused=self._refused)

    # --- Commands to the engine

    def _keep_logged_in(self) -> None:
        """Give a new login to the engine as soon as there is one. Log the first of failed logins in a row."""
        if login := self._keeper.new_login():
            self._run.log_in(login)
        if self._keeper.in_a_row == 1 and not self._told_of_failed_login:
            transitions.note_failed_login(self._scan, reason=self._last_failure())
        self._told_of_failed_login = self._keeper.in_a_row > 0

    def _renew(self, *, now: bool = False) -> None:
        """Once a second, store what was heard, renew the lease, tell the engine to stay, and read the status."""
        if now or monotonic() - self._renewed_at >= self._timing.between_renewals:
            self._recording.note(**self._logins())
            self._status, self._expires_at = self._recording.store()
            self._stay()
            self._renewed_at = monotonic()

    def _stay(self, status: UrlScanStatus | None = None) -> None:
        """Let the engine keep running as long as the lease that was just renewed."""
        self._run.send(Command.STAY)

    def _save_session(self) -> None:
        """Let the engine save its session and end, because the database failed for nearly as long as the lease lasts.

        Nothing is stored. The lease runs out, and the scan is taken up again from the session.
        """
        self._run.send(Command.CHECKPOINT)
        until = monotonic() + min(self._timing.to_obey, self._scan.held_until - monotonic())
        while self._ended is None and monotonic() < until:
            ended = [event for event in self._run.events(timeout=0.25) if isinstance(event, Ended)]
            self._ended = next(iter(ended), None)

    def _logins(self) -> dict[str, int]:
        """Return the counts of logins that have changed."""
        counts = self._keeper.counts
        changed = {name: count for name, count in counts.items() if getattr(self._scan, name) != count}
        for name, count in changed.items():
            setattr(self._scan, name, count)
        return changed

    def _decide(self) -> None:
        """Ask the engine to end if a user, a shutdown or a limit requires it. Kill it if it does not obey."""
        if self._asked:
            if monotonic() - self._asked_at > self._timing.to_obey:
                self._run.end(self._timing.to_die)
            return
        if self._status == UrlScanStatus.STOPPING_SAVING_RESULTS:
            self._ask(Command.STOP)
        elif self._status in (UrlScanStatus.STOPPING_DELETING_RESULTS, UrlScanStatus.STOPPED):
            self._run.end(self._timing.to_die)
        elif self._status == UrlScanStatus.PAUSING or shutdown_requested.is_set():
            self._ask(Command.CHECKPOINT)
        else:
            self._end_if_necessary()
            if not self._asked:
                self._holding.act()

    def _end_if_necessary(self) -> None:
        """End the engine for one of our own reasons, if there is one."""
        if self._out_of_time():
            self._renew(now=True)  # a user may have extended the duration in the last second
        if self._out_of_time():
            self._ask(Command.EXPIRE, EndedBy.DURATION, Reason("duration_ended"))
        elif self._keeper.given_up:
            self._give_up_logging_in()
        elif self._watch.lost:
            self._ask(Command.STOP, EndedBy.SITE, self._watch.lost)
        elif self._watch.dns_failed.is_set():
            self._ask(Command.STOP, EndedBy.SITE, Reason("site_name_gone"))
        elif room.shortage():
            self._leaving = _WAITS_FOR_ROOM
            self._ask(Command.CHECKPOINT)
        elif self._hangs():
            self._why = (EndedBy.ENGINE, Reason("engine_silent"))
            self._run.end(self._timing.to_die)

    def _give_up_logging_in(self) -> None:
        # If the site is gone, logins may fail before the monitor notices.
        if lost := self._why_lost():
            self._ask(Command.STOP, EndedBy.SITE, lost)
            return
        failure = self._keeper.failure
        image = failure.screenshot if failure else b""
        if image := image or self._run_with_lease(self._picture):
            keep_picture(self._scan, Screenshot.Shows.FAILURE, image)
        reason = Reason("logins_failed", count=self._keeper.in_a_row, failure=self._last_failure())
        self._ask(Command.STOP, EndedBy.LOGINS, reason)

    def _last_failure(self) -> Reason:
        """Return why the last attempt to log in again failed."""
        failure = self._keeper.failure
        return failure.why if failure else Reason("login_did_not_hold")

    def _run_with_lease(self, work: Callable):
        """Run `work` in a thread; keep the lease, and the engine running, until it returns."""
        return run_with_lease(self._scan, work, self._stay, timing=self._timing)

    def _picture(self) -> bytes:
        """Return a PNG of the site without a login; empty without a browser."""
        task = Task(url=self._scan.url, sites={self._scan.url: self._addresses}, rules=self._rules)
        return play(task, seconds=self._timing.for_picture).screenshot

    def _ask(self, command: Command, ended_by: EndedBy | None = None, reason: Reason = NO_REASON) -> None:
        if ended_by:
            self._why = (ended_by, reason)
        self._asked, self._asked_at = command, monotonic()
        self._run.send(command)

    def _out_of_time(self) -> bool:
        return self._begun and self._expires_at is not None and clock.now() >= self._expires_at

    def _hangs(self) -> bool:
        if not self._begun:
            return monotonic() - self._began_at > self._timing.to_start
        return self._run.seconds_silent() > self._timing.silence

    # --- The verdict

    def _conclude(self, ended: Ended) -> None:
        """Move the scan to the status that follows. `transitions.end` respects a stop that came in meanwhile."""
        if self._status in (UrlScanStatus.STOPPED, UrlScanStatus.STOPPING_DELETING_RESULTS):
            return  # the runner deletes what was found
        if ended.outcome == Outcome.ORPHANED:
            logger.warning("The engine for %s was not told to stay for too long.", self._scan.url)
            return  # as if this worker were gone: the lease runs out, and the next worker resumes from the session
        if self._had_no_room(ended):
            transitions.leave(self._scan, **_WAITS_FOR_ROOM)
        elif self._session_saved(ended) and self._status == UrlScanStatus.PAUSING:
            self._save(with_session=True)
            transitions.confirm_pause(self._scan)
        elif self._session_saved(ended) and self._status != UrlScanStatus.STOPPING_SAVING_RESULTS:
            leaving = {"reason": self._save(with_session=True), **self._leaving}
            transitions.leave(self._scan, **leaving)
        else:
            ended_by, reason = self._verdict(ended)
            if self._refused:
                notice = Notice("requests_refused", refused=self._refused, requests=max(self._requests, self._refused))
                transitions.add_notice(self._scan, notice)
            self._save(with_session=ended_by == EndedBy.DURATION)  # a new run may continue from it
            transitions.end(self._scan, ended_by, by=Actor.ENGINE, reason=reason)

    def _save(self, *, with_session: bool) -> Reason:
        """Save what the engine left. Returns where the session is, if the storage could not be used."""
        save = partial(artifacts.save, self._scan, with_session=with_session, timing=self._timing)
        why = transitions.while_held(self._scan, save)
        return Reason("session_elsewhere", host=host_name()) if why else NO_REASON

    def _session_saved(self, ended: Ended) -> bool:
        """Return whether the session we asked for is saved. It is on disk even if we had to kill the engine."""
        return self._asked == Command.CHECKPOINT and ended.outcome in (Outcome.CHECKPOINTED, Outcome.CRASHED)

    def _had_no_room(self, ended: Ended) -> bool:
        """Return whether the engine died, and the disk is full: what else it may be shows once there is room."""
        may_go_on = self._status in (UrlScanStatus.QUEUED, UrlScanStatus.RESUMING, UrlScanStatus.IN_PROGRESS)
        died_by_itself = ended.outcome == Outcome.CRASHED and not self._asked and not self._why
        return may_go_on and died_by_itself and bool(room.shortage())

    def _verdict(self, ended: Ended) -> tuple[EndedBy, Reason]:
        if ended.outcome == Outcome.COMPLETED:
            return self._judge_completed()
        if self._why:
            return self._why
        if not self._begun and not self._asked:
            return EndedBy.TECHNICAL, why_not_started(self._scan, self._engine, why_ended(ended), self._timing)
        return _ENDINGS.get(ended.outcome, EndedBy.ENGINE), why_ended(ended)

    def _judge_completed(self) -> tuple[EndedBy, Reason]:
        """Decide whether a scan that the engine calls completed really is.

        It is if requests succeeded, the report can be read, and the site still answers.
        """
        had_nothing_to_ask = self._scan.continues_id and not self._requests  # the previous run had finished
        if not self._usable_answers and not had_nothing_to_ask:
            refused = Reason("site_refused_everything", count=self._refused)
            return EndedBy.SITE, refused if self._refused else Reason("no_usable_answer")
        try:
            report = self._engine.read_report(self._scan.directory)
        except ReportError as error:
            return EndedBy.ENGINE, Reason("report_unusable", error=Reason(error.code, **error.facts))
        findings.store(self._scan, report.findings)
        if lost := self._why_lost():
            return EndedBy.SITE, Reason("site_gone_at_the_end") if lost.code == "site_silent" else lost
        return EndedBy.ITSELF, NO_REASON

    def _why_lost(self) -> Reason:
        """Look until the site answers or is lost; returns why it is lost. A stop or shutdown ends the waiting."""
        ended = threading.Event()

        def look_around(status: UrlScanStatus) -> None:
            if self._ended is None:
                self._stay()
            self._status = status
            if shutdown_requested.is_set() or self._status not in (UrlScanStatus.IN_PROGRESS, UrlScanStatus.PAUSING):
                ended.set()

        target = (self._scan.url, self._addresses, self._timing, self._rules, self._watch.usual)
        work = partial(why_lost, *target, delaying=self._watch.delaying, ended=ended)
        return run_with_lease(self._scan, work, look_around, timing=self._timing)

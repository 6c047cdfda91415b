"""Supervising the engine of one URL scan: from the lease to the verdict how it ended.

The engine's word is never enough (engines.base): we look at the site ourselves while it runs, end it
when it is silent or out of time, and read its report before a scan counts as completed.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime
from time import monotonic, sleep

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from scans import transitions
from scans.browser import Task, play
from scans.encryption import KeyLost, unseal
from scans.engines.base import (
    AddressSeen,
    Command,
    Ended,
    Engine,
    EngineRun,
    Event,
    FindingReported,
    Job,
    LoggedOut,
    LogLine,
    NewLogin,
    Outcome,
    Progress,
    ReportError,
    Started,
    UrlCrawled,
)
from scans.login.for_engine import job_fields, new_login
from scans.login.logging_in import log_in
from scans.login.session_keeper import LoginKeeper
from scans.models import Actor, AllowedTarget, Analysis, BlackoutWindow, Screenshot, TargetCheck, UrlScan
from scans.prescan.checks import CheckReport, Target, check
from scans.results import coverage, findings
from scans.statuses import EndedBy, UrlScanStatus
from scans.targets.monitor import SiteWatch, answers
from scans.targets.policy import origin
from scans.transitions import run_with_lease

logger = logging.getLogger(__name__)

# Set when this worker is told to shut down: its scan is then left to another worker.
leaving = threading.Event()

SECONDS_TO_START = 60
SECONDS_OF_SILENCE = 30
SECONDS_TO_OBEY = 15
SECONDS_TO_DIE = 5
SECONDS_BETWEEN_RENEWALS = 1
SECONDS_FOR_A_PICTURE = 10
SECONDS_FOR_A_SITE_TO_BE_BACK = 15
SECONDS_BETWEEN_CHECKS = 4
BYTES_TO_KEEP_FREE = 50 * 1024**2  # of the disk: a database that lies there has to go on
SITE_LOST = "The site stopped answering, to the engine and to us."

_ENDINGS = {
    Outcome.STOPPED: EndedBy.USER,
    Outcome.EXPIRED: EndedBy.DURATION,
    Outcome.UNREACHABLE: EndedBy.SITE,
    Outcome.TECHNICAL: EndedBy.TECHNICAL,
}


def keep_checks(url_scan: UrlScan, report: CheckReport, occasion: str) -> None:
    """Store the steps of the checks, and the pictures they took, for Scan Details."""
    now = timezone.now()
    checks = TargetCheck.objects.bulk_create(
        TargetCheck(
            url_scan=url_scan,
            at=now,
            occasion=occasion,
            step=step.name,
            passed=not step.reason,
            reason=step.reason,
            detail=step.detail,
            milliseconds=step.milliseconds,
        )
        for step in report.steps
    )
    by_step = {check.step: check for check in checks}
    for picture in report.pictures:
        keep_picture(url_scan, picture.shows, picture.image, by_step.get(picture.step))


def keep_picture(url_scan: UrlScan, shows: str, image: bytes, check: TargetCheck | None = None) -> None:
    """Store a picture of the target."""
    file = ContentFile(image, name=f"{url_scan.pk}-{shows}.png")
    Screenshot.objects.create(url_scan=url_scan, check_step=check, shows=shows, at=timezone.now(), image=file)


def target_of(url_scan: UrlScan) -> Target:
    """What the checks need to know of it, secrets opened; raises secrets.KeyLost."""
    login = getattr(url_scan, "login", None)
    script = unseal(url_scan.crawl_script) if url_scan.crawl_script else ""
    return Target(url=url_scan.url, login=login.opened() if login else None, crawl_script=script)


def run(url_scan_id: int, *, holder: str, engine: Engine) -> None:
    """Scan one URL to its end, pause or hand-over; does nothing when the scan is not to be had.

    Blocks for as long as the scan takes. Whatever breaks on our side ends the scan as a technical
    issue, with what was found kept.
    """
    scan = _take(url_scan_id, holder)
    if scan is None:
        return
    try:
        _scan(scan, engine)
    except transitions.LeaseLost as lost:
        logger.warning("%s", lost)
    except transitions.TransitionRefused as refusal:
        logger.info("%s", refusal)  # somebody did something else with it meanwhile
    except Exception as error:
        logger.exception("The scan of %s broke on our side.", scan.url)
        _end_broken(scan, f"{type(error).__name__}: {error}")
    _remove_files_if_deleted(scan)


def _end_broken(scan: UrlScan, reason: str) -> None:
    try:
        transitions.end(scan, EndedBy.TECHNICAL, reason=reason)
    except (transitions.LeaseLost, transitions.TransitionRefused) as late:
        logger.info("%s", late)  # somebody else has it now, or did something else with it


def _take(url_scan_id: int, holder: str) -> UrlScan | None:
    """Lease the scan, but not in a blackout window, whether or not a scheduler is there to see to that."""
    analysis = Analysis.objects.get(url_scans=url_scan_id)
    if until := transitions.closed_until(BlackoutWindow.for_analysis(analysis)):
        transitions.begin_blackout(analysis, until=until)
    return transitions.take(url_scan_id, holder, among=[UrlScanStatus.QUEUED, UrlScanStatus.RESUMING])


def _remove_files_if_deleted(scan: UrlScan) -> None:
    scan.refresh_from_db(fields=["status"])
    if scan.status == UrlScanStatus.STOPPED:
        remove_files(scan)


def remove_files(url_scan: UrlScan) -> None:
    """Delete everything the engine kept on disk for this scan, and its pictures."""
    for screenshot in url_scan.screenshots.all():
        screenshot.remove()
    shutil.rmtree(url_scan.directory, ignore_errors=True)


def _scan(scan: UrlScan, engine: Engine) -> None:
    try:
        target = target_of(scan)
    except KeyLost as lost:
        _fail_without_key(scan, str(lost))
        return
    report = _check_patiently(scan, target) if scan.started_at else _check(scan, target)
    if report is None:
        transitions.leave(scan)
        return
    keep_checks(scan, report, "start")
    if report.failure:
        _fail(scan, report)
        return
    transitions.renew(scan, resolved_address=", ".join(report.addresses)[:200])
    _bring_session(scan)
    watch = SiteWatch(scan.url, report.addresses)
    keeper = _keeper(scan, target, report)
    try:
        engine_run = engine.start(_job(scan, target, report))
    except OSError as error:
        transitions.end(scan, EndedBy.TECHNICAL, reason=_why_not_started(scan, engine, error.strerror or str(error)))
        return
    try:
        Supervision(scan, engine, engine_run, watch, report.addresses, keeper).run()
    finally:
        watch.finish()
        keeper.finish()
        engine_run.end(0)


def _why_not_started(scan: UrlScan, engine: Engine, said: str) -> str:
    """What keeps the engine from running and what to do about it; what was said, where it knows of nothing."""
    problem = run_with_lease(scan, engine.preflight).explain(engine.name)
    return problem or f"The engine did not start: {said}"


def _fail_without_key(scan: UrlScan, reason: str) -> None:
    """What was never handed to the engine can be submitted again; what has run ends with what it found."""
    if scan.started_at is None:
        transitions.fail_set_up(scan, reason=reason)
    else:
        transitions.end(scan, EndedBy.TECHNICAL, reason=reason)


def _keeper(scan: UrlScan, target: Target, report: CheckReport) -> LoginKeeper:
    policy = AllowedTarget.policy()  # here, not in the keeper's thread, which would need a connection of its own

    def log_in_again() -> NewLogin:
        return new_login(target.login, log_in(target.login, target.url, report.addresses, policy))

    return LoginKeeper(
        log_in_again,
        succeeded=scan.logins_succeeded + (report.logged_in is not None),
        failed=scan.logins_failed,
        in_a_row=scan.logins_failed_in_a_row,
    )


def _bring_session(scan: UrlScan) -> None:
    """Where the scan goes on from another run's, begin with a copy of what that one's engine saved."""
    if scan.continues and scan.continues.directory.exists() and not scan.directory.exists():
        shutil.copytree(scan.continues.directory, scan.directory, ignore=shutil.ignore_patterns("engine.log"))


def _check(scan: UrlScan, target: Target) -> CheckReport:
    """Check the target, keeping the lease: a slow site may take longer than it lasts."""
    policy, pictures = AllowedTarget.policy(), not scan.analysis.prescan
    return run_with_lease(scan, lambda: check(target, policy, pictures=pictures))


def _check_patiently(scan: UrlScan, target: Target) -> CheckReport | None:
    """Check a site that is to be scanned on; one that was restarted together with us may need a moment.

    None where this worker is told to leave meanwhile.
    """
    until = monotonic() + SECONDS_FOR_A_SITE_TO_BE_BACK
    report = _check(scan, target)
    while _is_away(report) and monotonic() < until:
        if run_with_lease(scan, lambda: leaving.wait(SECONDS_BETWEEN_CHECKS)):
            return None
        report = _check(scan, target)
    return report


def _is_away(report: CheckReport) -> bool:
    """Whether the site, or its login page, gave no answer that could be used."""
    return report.status == UrlScanStatus.CONNECTION_ERROR or (
        report.failure is not None and report.failure.reason == "login_page_unreachable"
    )


def _fail(scan: UrlScan, report: CheckReport) -> None:
    """The site cannot be scanned: a failed check at first; when it is to go on, a site lost, or an engine held back."""
    failure = report.failure
    if scan.started_at is None:
        transitions.fail_checks(scan, report.status, step=failure.name, reason=failure.detail)
    elif report.status == UrlScanStatus.CONNECTION_ERROR:
        transitions.end(scan, EndedBy.SITE, reason=failure.detail)
    else:  # the site answers: the password may be another now, or the target not be allowed any more
        reason = f"It could not go on, since the {failure.name} check failed: {failure.detail}"
        transitions.end(scan, EndedBy.ENGINE, reason=reason)


def _job(scan: UrlScan, target: Target, report: CheckReport) -> Job:
    job = Job(
        url=scan.url,
        directory=scan.directory,
        resolve={origin(scan.url)[0]: report.addresses},
        depth=scan.analysis.depth,
        requests_per_second=settings.SCANS_REQUESTS_PER_SECOND,
        seconds_to_stay=settings.SCANS_LEASE_SECONDS,
        seeds=report.seeds,
    )
    return replace(job, **job_fields(target.login, report.logged_in)) if report.logged_in else job


class Supervision:
    """One engine process and the URL scan it runs for, until the process has ended."""

    def __init__(
        self,
        scan: UrlScan,
        engine: Engine,
        engine_run: EngineRun,
        watch: SiteWatch,
        addresses: tuple[str, ...],
        keeper: LoginKeeper,
    ):
        self._scan, self._engine, self._run, self._keeper = scan, engine, engine_run, keeper
        self._watch, self._addresses = watch, addresses
        self._status = UrlScanStatus(scan.status)
        self._began_at = monotonic()
        self._expires_at: datetime | None = None
        self._renewed_at = 0.0
        self._begun = False
        self._asked: Command | None = None
        self._asked_at = 0.0
        self._why: tuple[EndedBy, str] | None = None  # our own reason to end it, which overrides the engine's
        self._ended: Ended | None = None
        self._progress: dict = {}
        self._seen: list[UrlCrawled | AddressSeen] = []
        # An engine that goes on from a session counts from zero again; what went before is added.
        self._before = Counter(requests=scan.requests, urls=scan.urls_crawled, errors=scan.network_errors)
        self._responses_before = Counter(scan.responses)
        self._requests = self._usable_answers = 0
        self._told_of_failed_login = keeper.in_a_row > 0

    def run(self) -> None:
        """Hear the engine and watch over it until it has ended; then say how."""
        while self._ended is None:
            events = self._run.events(timeout=0.25)
            self._renew()  # before anything is written: who was frozen may have lost the scan, and its files
            self._hear(events)
            if self._ended is None:
                self._keep_logged_in()
                self._decide()
        self._renew(now=True)
        self._conclude(self._ended)

    # --- What the engine says

    def _hear(self, events: list[Event]) -> None:
        for started in (event for event in events if isinstance(event, Started)):
            self._begin(started)
        found = [event for event in events if isinstance(event, FindingReported)]
        if found:
            with transaction.atomic():
                transitions.renew(self._scan)  # raises LeaseLost: what is not ours any more may have been deleted
                self._stay()
                self._progress.update(findings.store(self._scan, found))
        self._seen += (event for event in events if isinstance(event, UrlCrawled | AddressSeen))
        self._keep_log([event for event in events if isinstance(event, LogLine)])
        for event in events:
            if isinstance(event, Progress):
                self._note(event)
            elif isinstance(event, LoggedOut):
                self._keep_log([LogLine(level="warning", text=f"logged out at {event.url}: {event.reason}")])
                self._keeper.lost(explained=event.found_out)
            elif isinstance(event, Ended):
                self._ended = event

    def _begin(self, started: Started) -> None:
        try:
            transitions.begin(self._scan, engine=started.engine, version=started.version)
        except transitions.TransitionRefused:
            return  # stopped in the meantime: the status says so at the next look
        self._begun = True
        self._scan.refresh_from_db(fields=["status", "started_at"])  # not the holder: that may be another by now
        self._watch.start()

    def _note(self, progress: Progress) -> None:
        responses = self._responses_before + Counter(progress.responses)
        usable = responses.total() - responses["5xx"]
        if usable > self._usable_answers:
            self._watch.engine_got_answers()
        self._requests, self._usable_answers = self._before["requests"] + progress.requests, usable
        self._progress.update(
            phase=progress.phase,
            module=progress.module,
            modules_done=progress.modules_done,
            modules_total=progress.modules_total,
            urls_crawled=self._before["urls"] + progress.urls_crawled,
            requests=self._requests,
            responses=dict(responses),
            network_errors=self._before["errors"] + progress.network_errors,
        )

    def _keep_log(self, lines: list[LogLine]) -> None:
        if lines:
            with open(self._scan.directory / "engine.log", "a", encoding="utf-8") as log:
                log.writelines(f"{timezone.now():%H:%M:%S} {line.level:7} {line.text}\n" for line in lines)

    # --- What we say

    def _keep_logged_in(self) -> None:
        """Hand a new login to the engine as soon as there is one, and tell the log of the first that fails in a row."""
        if login := self._keeper.new_login():
            self._run.log_in(login)
        if self._keeper.in_a_row == 1 and not self._told_of_failed_login:
            transitions.note_failed_login(self._scan, reason=str(self._keeper.failure or "It did not hold."))
        self._told_of_failed_login = self._keeper.in_a_row > 0

    def _renew(self, *, now: bool = False) -> None:
        """Store progress and keep lease and engine, once a second; learn what a user asked for meanwhile."""
        if now or monotonic() - self._renewed_at >= SECONDS_BETWEEN_RENEWALS:
            self._status, self._expires_at = transitions.renew(self._scan, **self._progress, **self._logins())
            self._stay()
            if self._seen:
                coverage.store(self._scan, self._seen)
            self._progress, self._seen = {}, []
            self._renewed_at = monotonic()

    def _stay(self) -> None:
        """Let the engine go on for as long as the lease that was just renewed."""
        self._run.send(Command.STAY)

    def _logins(self) -> dict[str, int]:
        """The counts of logins, where they changed."""
        counts = self._keeper.counts
        changed = {name: count for name, count in counts.items() if getattr(self._scan, name) != count}
        for name, count in changed.items():
            setattr(self._scan, name, count)
        return changed

    def _decide(self) -> None:
        """Ask the engine to end where somebody or something wants that; end it where it does not obey."""
        if self._asked:
            if monotonic() - self._asked_at > SECONDS_TO_OBEY:
                self._run.end(SECONDS_TO_DIE)
            return
        if self._status == UrlScanStatus.STOPPING_SAVING_RESULTS:
            self._ask(Command.STOP)
        elif self._status in (UrlScanStatus.STOPPING_DELETING_RESULTS, UrlScanStatus.STOPPED):
            self._run.end(SECONDS_TO_DIE)
        elif self._status == UrlScanStatus.PAUSING or leaving.is_set():
            self._ask(Command.CHECKPOINT)
        else:
            self._end_where_it_must()

    def _end_where_it_must(self) -> None:
        """End it for one of our own reasons."""
        if self._out_of_time():
            self._renew(now=True)  # in the last second somebody may have given it more
        if self._out_of_time():
            self._ask(Command.EXPIRE, EndedBy.DURATION, "The analysis' duration ended.")
        elif self._keeper.given_up:
            self._give_up_logging_in()
        elif self._watch.lost.is_set():
            self._ask(Command.STOP, EndedBy.SITE, SITE_LOST)
        elif self._watch.nameless.is_set():
            self._ask(Command.STOP, EndedBy.SITE, "The site's name does not resolve any more.")
        elif shutil.disk_usage(settings.VAR_DIR).free < BYTES_TO_KEEP_FREE:
            self._ask(Command.STOP, EndedBy.TECHNICAL, "The disk is full: there is no room left for what it finds.")
        elif self._hangs():
            self._why = (EndedBy.ENGINE, "Nothing was heard from the engine for too long.")
            self._run.end(SECONDS_TO_DIE)

    def _give_up_logging_in(self) -> None:
        # Logins may fail faster than the watch looks.
        if not run_with_lease(self._scan, self._site_still_answers, self._stay):
            self._ask(Command.STOP, EndedBy.SITE, SITE_LOST)
            return
        failure = self._keeper.failure
        image = failure.screenshot if failure else b""
        if image := image or run_with_lease(self._scan, self._picture, self._stay):
            keep_picture(self._scan, Screenshot.Shows.FAILURE, image)
        reason = f"{self._keeper.in_a_row} logins in a row failed. The last: {failure or 'it did not hold'}"
        self._ask(Command.STOP, EndedBy.LOGINS, reason)

    def _picture(self) -> bytes:
        """What the site shows now to who is not logged in; empty without a browser."""
        task = Task(url=self._scan.url, sites={self._scan.url: self._addresses})
        return play(task, seconds=SECONDS_FOR_A_PICTURE).screenshot

    def _ask(self, command: Command, ended_by: EndedBy | None = None, reason: str = "") -> None:
        if ended_by:
            self._why = (ended_by, reason)
        self._asked, self._asked_at = command, monotonic()
        self._run.send(command)

    def _out_of_time(self) -> bool:
        return self._begun and self._expires_at is not None and timezone.now() >= self._expires_at

    def _hangs(self) -> bool:
        if not self._begun:
            return monotonic() - self._began_at > SECONDS_TO_START
        return self._run.seconds_silent() > SECONDS_OF_SILENCE

    # --- The verdict

    def _conclude(self, ended: Ended) -> None:
        """Say what became of the scan. A user's stop that comes in now is honoured by `transitions.end`."""
        self._progress = {}
        if self._status == UrlScanStatus.STOPPED:
            return
        if ended.outcome == Outcome.ORPHANED:
            logger.warning("The engine for %s was not told to stay for too long.", self._scan.url)
            return  # as if this worker were gone: the lease runs out, and whoever comes next goes on from the session
        if self._status == UrlScanStatus.STOPPING_DELETING_RESULTS:
            remove_files(self._scan)
            transitions.end(self._scan, EndedBy.USER)
        elif self._session_saved(ended) and self._status == UrlScanStatus.PAUSING:
            transitions.confirm_pause(self._scan)
        elif self._session_saved(ended) and self._status != UrlScanStatus.STOPPING_SAVING_RESULTS:
            transitions.leave(self._scan)
        else:
            ended_by, reason = self._verdict(ended)
            transitions.end(self._scan, ended_by, by=Actor.ENGINE, reason=reason)

    def _session_saved(self, ended: Ended) -> bool:
        """Asked to save its session, it has; one that we had to kill for it has its session on disk too."""
        return self._asked == Command.CHECKPOINT and ended.outcome in (Outcome.CHECKPOINTED, Outcome.CRASHED)

    def _verdict(self, ended: Ended) -> tuple[EndedBy, str]:
        if ended.outcome == Outcome.COMPLETED:
            return self._judge_completed()
        if self._why:
            return self._why
        if not self._begun and not self._asked:
            return EndedBy.TECHNICAL, _why_not_started(self._scan, self._engine, ended.reason or ended.outcome)
        return _ENDINGS.get(ended.outcome, EndedBy.ENGINE), ended.reason or f"The engine ended: {ended.outcome}."

    def _judge_completed(self) -> tuple[EndedBy, str]:
        """Completed is our word: requests succeeded, the report can be read, and the site still answers."""
        had_nothing_to_ask = self._scan.continues_id and not self._requests  # the run before had asked it all
        if not self._usable_answers and not had_nothing_to_ask:
            return EndedBy.SITE, "The engine ended without a single usable answer from the site."
        try:
            report = self._engine.read_report(self._scan.directory)
        except ReportError as error:
            return EndedBy.ENGINE, f"The engine's report cannot be used: {error}"
        with transaction.atomic():  # all or nothing, where the lease is lost
            transitions.renew(self._scan, **findings.store(self._scan, report.findings))
        if not run_with_lease(self._scan, self._site_still_answers):
            return EndedBy.SITE, "The engine finished, but the site does not answer any more."
        return EndedBy.ITSELF, ""

    def _site_still_answers(self) -> bool:
        """Three looks, since one that fails may be a hiccup."""
        for look in range(SiteWatch.FAILURES):
            if look:
                sleep(1)
            if answers(self._scan.url, self._addresses):
                return True
        return False

"""A story: one made-up analysis, event by event, from its submission to its current status.

Pure: no database. A story follows `transitions`: its URL scans make allowed moves only, each with the
entry that the verb would write, and the analysis' status is the roll-up after each.
"""

from dataclasses import dataclass, field, replace

from scans.models import Actor, StopMode
from scans.reasons import NO_REASON, Reason
from scans.sample_data.moves import ENGINE, FAILED_STEPS, PUBLISHED, STOPS, entry_for, reason_for
from scans.statuses import FAILED_VERIFICATION, PUBLISHED_AS, URL_SCAN_MOVES
from scans.statuses import AnalysisStatus as A
from scans.statuses import UrlScanStatus as U
from scans.statuses.rollup import Facts, rollup

SECONDS_OF_SCANNING, SECONDS_OF_WAITING = 1200, 30


@dataclass
class Entry:
    """One entry of the activity log; `after` counts seconds from the submission, `position` names the URL scan."""

    position: int | None
    after: int
    actor: str
    action: str
    from_status: str
    to_status: str
    reason: Reason
    data: dict


@dataclass
class Scan:
    """One URL scan of a story; moments are seconds after the submission."""

    position: int
    ahead: list[U]  # what is still to come
    found: int = 0  # findings
    status: U | str = ""
    reason: Reason = NO_REASON
    status_after: int = 0
    queued_after: int | None = None
    started_after: int | None = None
    ended_after: int | None = None
    verified_after: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether a worker would hold it if it were real."""
        over = self.status.info.final or self.status == U.SUBMIT_FAILED or self.verified_after is not None
        return not over

    def note(self, to: U, after: int, reason: Reason) -> None:
        """Store the values that `transitions` stores with a move."""
        self.status, self.status_after, self.reason = to, after, reason
        if to in (U.QUEUED, U.QUEUED_WITH_WARNING) and self.queued_after is None:
            self.queued_after = after
        if to == U.IN_PROGRESS and self.started_after is None:
            self.started_after = after
        if (to.info.final or to in PUBLISHED_AS) and self.ended_after is None:
            self.ended_after = after
        if to == U.STOPPED:
            self.found = 0


@dataclass
class Story:
    """One made-up analysis. The constructor plays the whole story.

    `paths` are the statuses that each URL scan goes through; `found` findings are in the first of
    them, and in each whose status needs some; `stop` says that a user stops the whole analysis.
    """

    paths: list[tuple[U, ...]]
    found: int = 0
    stop: str = ""
    prescan: bool = False
    reviewer: bool = False
    submitted: bool = True

    status: A | str = ""
    facts: Facts = Facts()
    scans: list[Scan] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    after: int = 0  # the story's clock
    version: int = 0
    prescan_after: tuple[int | None, int | None] = (None, None)

    def __post_init__(self):
        self.scans = [Scan(position, list(path), self._found(position)) for position, path in enumerate(self.paths)]
        if not self.submitted:
            self._save_for_later()
            return
        self._submit()
        if self.prescan:
            self._prescan()
        if self._all_step(U.SCHEDULED, U.SUBMIT_FAILED):
            self._roll_up(Actor.WORKER)
        if self._all_step(U.QUEUED, U.QUEUED_WITH_WARNING):
            self._roll_up(Actor.SCHEDULER, "analysis.started")
        while any(scan.ahead for scan in self.scans) or self._stop_to_come:
            self._play_round()

    @property
    def started_after(self) -> int | None:
        """When its first URL scan started."""
        return min((scan.started_after for scan in self.scans if scan.started_after is not None), default=None)

    @property
    def ended_after(self) -> int | None:
        """When it reached its final status."""
        return self.after if self.status.info.final else None

    @property
    def ran_out_after(self) -> int | None:
        """How long it had run when its duration ended; None when that did not happen."""
        expired = [entry.after for entry in self.entries if entry.to_status.startswith("time_expired")]
        return expired[0] - self.started_after if expired and self.started_after is not None else None

    def _found(self, position: int) -> int:
        needs_some = {U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, U.SITE_UNREACHABLE_VERIFYING_RESULTS}
        return self.found if position == 0 else int(bool(needs_some & set(self.paths[position])))

    # The events, as `transitions` has them

    def _save_for_later(self) -> None:
        for scan in self.scans:
            scan.status = scan.ahead.pop()
        self.facts = Facts(submitted=False)
        self._roll_up(Actor.USER)

    def _submit(self) -> None:
        self._write("analysis.submitted", Actor.USER, to=A.SUBMITTED, urls=len(self.scans), run=1)
        self.status = A.SUBMITTED
        self._all_step(U.SUBMITTED)

    def _prescan(self) -> None:
        self.prescan_after = (self.after, None)
        self.facts = replace(self.facts, prescanning=True)
        self._roll_up(Actor.PRESCAN, "analysis.prescan_started")
        for scan in self.scans:
            if scan.ahead and scan.ahead[0] in FAILED_VERIFICATION:
                self._step(scan)
                self._roll_up(Actor.PRESCAN)
        if any(scan.status == U.SUBMITTED and not scan.ahead for scan in self.scans):
            return  # these are being checked still
        self.prescan_after = (self.prescan_after[0], self.after)
        self.facts = replace(self.facts, prescanning=False)
        passed = sum(bool(scan.ahead) for scan in self.scans)
        self._roll_up(Actor.PRESCAN, "analysis.prescan_ended", checked=len(self.scans), passed=passed)

    def _play_round(self) -> None:
        """Every URL scan makes its next move; what people do to the whole analysis comes when nothing else does."""
        moving = [scan for scan in self.scans if scan.ahead and not self._waits_for_people(scan)]
        scanning = any(scan.status == U.IN_PROGRESS for scan in moving or self.scans)
        self.after += SECONDS_OF_SCANNING if scanning else SECONDS_OF_WAITING
        for scan in moving:
            actor = self._step(scan)
            self._roll_up(actor)
        if not moving:
            self._stop_all() if self._stop_to_come else self._publish_all()

    @property
    def _stop_to_come(self) -> bool:
        return self.stop != self.facts.stop_mode

    def _waits_for_people(self, scan: Scan) -> bool:
        to = scan.ahead[0]
        return (self._stop_to_come and to in STOPS) or (self.reviewer and to in PUBLISHED)

    def _stop_all(self) -> None:
        self.facts = replace(self.facts, stop_mode=str(self.stop))
        self._all_step(*STOPS)
        self._roll_up(Actor.USER, "analysis.stopped", mode=str(self.stop))

    def _publish_all(self) -> None:
        self._all_step(*PUBLISHED)
        self._roll_up(Actor.USER, "analysis.published")

    # One move, one entry

    def _all_step(self, *statuses: U) -> bool:
        """Every URL scan whose next status is one of these moves there; False when there is none."""
        moving = [scan for scan in self.scans if scan.ahead and scan.ahead[0] in statuses]
        for scan in moving:
            self._step(scan)
        return bool(moving)

    def _step(self, scan: Scan) -> str:
        """Make the next move of a URL scan, and return who made it."""
        before, to = scan.status, scan.ahead.pop(0)
        if before and to not in URL_SCAN_MOVES[before]:
            raise ValueError(f"A story moves from {before} to {to}, which cannot happen.")
        if to in PUBLISHED and not self.reviewer:
            self._verify(scan)
        self.after += 1
        scan.note(to, self.after, reason_for(before, to))
        action, actor = entry_for(before, to)
        if self.reviewer and to in PUBLISHED:
            actor = Actor.USER
        if to == U.IN_PROGRESS:
            self.facts = replace(self.facts, started=True)
        self._write(action, actor, scan, before, to, scan.reason, **self._data(action, scan))
        if to in PUBLISHED_AS and self.reviewer:
            self._verify(scan)
        return actor

    def _data(self, action: str, scan: Scan) -> dict:
        """The facts that the sentence of an action needs."""
        mode = StopMode.SAVE if scan.status == U.STOPPING_SAVING_RESULTS else StopMode.DELETE
        return {
            "url_scan.check_failed": {"step": FAILED_STEPS.get(scan.status, [""])[0]},
            "url_scan.started": ENGINE,
            "url_scan.went_on": ENGINE,
            "url_scan.stopped": {"mode": str(self.stop or mode)},
            "url_scan.ended": {"findings": scan.found},
        }.get(action, {})

    def _verify(self, scan: Scan) -> None:
        self.after += 1
        scan.verified_after = self.after
        counts = {"confirmed": 0, "not_reproduced": 0, "not_replayable": 0}
        for number in range(scan.found):
            counts[replayed(number)] += 1
        self._write("url_scan.verified", Actor.VERIFICATION, scan, **counts)

    def _roll_up(self, actor: str, action: str = "", **data) -> None:
        before, self.status = self.status, rollup([scan.status for scan in self.scans], self.facts)
        self.version += 1
        changed = before != self.status
        if action or changed:
            statuses = (before, self.status) if changed else ("", "")
            self._write(action or "analysis.status_changed", actor, None, *statuses, **data)

    def _write(self, action, actor, scan=None, before="", to="", reason=NO_REASON, **data) -> None:
        position = scan.position if scan else None
        self.entries.append(Entry(position, self.after, str(actor), action, str(before), str(to), reason, data))


def replayed(number: int) -> str:
    """Return the replay result of the finding with this number in its URL scan."""
    return {3: "not_reproduced", 5: "not_replayable"}.get(number, "confirmed")

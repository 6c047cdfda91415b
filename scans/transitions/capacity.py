"""Starting analyses, and filling the slots that capacity allows."""

from datetime import datetime, timedelta

from scans import activity
from scans.database import clock
from scans.models import Actor, Analysis, AtWork, BlackoutWindow, ScanSettings, UrlScan
from scans.reasons import Reason
from scans.schedule.blackouts import Blackouts
from scans.transitions.core import (
    By,
    TransitionRefused,
    U,
    enqueue_for,
    locked,
    locked_scan,
    move,
    roll_up,
    scans_in,
    verb,
)
from scans.transitions.zones import set_aside, why_unserved

# An engine is asked to save its session this long before a window begins, so that it has time to obey and to end.
BLACKOUT_LEAD = timedelta(seconds=20)


@verb
def start(analysis: Analysis, *, by: By = Actor.SCHEDULER) -> None:
    """Queue every scheduled URL scan of an analysis, those without a free slot with a warning.

    Raises TransitionRefused in a blackout window, after which the analysis starts, and if no URL scan is scheduled any
    more, because another scheduler or a user was faster.
    """
    refuse_in_blackout(analysis)
    free = free_slots()
    analysis = locked(analysis.pk)
    scans = scans_in(analysis, U.SCHEDULED)
    if not scans:
        raise TransitionRefused("nothing_to_start", analysis=analysis)
    for scan in scans:
        _queue(scan, free, by)
    roll_up(analysis, by, "analysis.started")


def _queue(scan: UrlScan, free: "FreeSlots", by: By) -> None:
    columns = {"queued_at": clock.now(), "unserved_since": free.unserved_since(scan)}
    if free.take(scan):
        move(scan, U.QUEUED, "url_scan.queued", by, columns=columns)
    elif columns["unserved_since"]:
        move(scan, U.QUEUED_WITH_WARNING, "url_scan.unserved", by, reason=why_unserved(scan), columns=columns)
    else:
        why = Reason("capacity_used_up")
        move(scan, U.QUEUED_WITH_WARNING, "url_scan.capacity_exhausted", by, reason=why, columns=columns)


def start_if_due(analysis: Analysis) -> None:
    """Start an analysis if it is scheduled, its start time has passed, and no blackout window prevents it."""
    is_due = Analysis.objects.due(clock.now()).filter(pk=analysis.pk).exists()
    if is_due and not closed_until(BlackoutWindow.for_analysis(analysis)):
        start(analysis)


def closed_until(blackouts: Blackouts) -> datetime | None:
    """Return when the blackout window ends that has begun or is about to; None if there is none."""
    now = clock.now()
    return blackouts.ends(now) or blackouts.ends(now + BLACKOUT_LEAD)


def refuse_in_blackout(analysis: Analysis) -> None:
    """Raise TransitionRefused in a blackout window."""
    if until := closed_until(BlackoutWindow.for_analysis(analysis)):
        raise TransitionRefused("in_blackout", analysis=analysis, until=until)


class FreeSlots:
    """The slots that are free now. A URL scan gets none while no worker serves its zone: others can use it."""

    def __init__(self, number: int, at_work: AtWork):
        self._number, self._at_work, self._now = number, at_work, clock.now()

    def take(self, scan: UrlScan) -> bool:
        """Whether this URL scan gets a slot."""
        if self._number <= 0 or self.unserved_since(scan):
            return False
        self._number -= 1
        return True

    def unserved_since(self, scan: UrlScan) -> datetime | None:
        """Now, if no worker serves its zone."""
        return self._now if self._at_work.leaves_out(scan.zone) else None


def free_slots() -> FreeSlots:
    """Return the slots for URL scans that are queued now; none while others wait. Locks the settings row."""
    capacity = ScanSettings.locked().capacity
    others_wait = UrlScan.objects.waiting_for_capacity().exists()
    return FreeSlots(0 if others_wait else capacity - UrlScan.objects.holding_slot().count(), AtWork.now())


def may_admit() -> bool:
    """Return whether a slot is free and a URL scan waits for one. Locks nothing, so both may change at once."""
    if not UrlScan.objects.waiting_for_capacity().exists():
        return False
    return UrlScan.objects.holding_slot().count() < ScanSettings.current().capacity


@verb
def admit_next() -> bool:
    """Give a free slot to the URL scan whose turn it is. Returns False if no slot is free or nothing waits.

    It is the turn of the owner who holds the fewest slots: see `fairest_waiting` of analyses. One whose zone lost its
    worker is set aside, so that each costs this only once; the next call finds another.
    """
    capacity = ScanSettings.locked().capacity
    slots = UrlScan.objects.slots()
    if sum(slots.values()) >= capacity:
        return False
    next_scan = UrlScan.objects.fairest_waiting(slots)
    if next_scan is None:
        return False
    scan = locked_scan(next_scan)
    if scan.status not in (U.QUEUED_WITH_WARNING, U.RESUMING) or scan.slot_since or scan.lease_holder:
        return True  # paused or stopped before we had the lock; the next call finds another
    at_work = AtWork.now()
    if at_work.leaves_out(scan.zone):
        set_aside(scan.analysis, at_work)
        return True
    if scan.status == U.RESUMING:
        UrlScan.objects.filter(pk=scan.pk, status=U.RESUMING).update(slot_since=clock.now())
        activity.record("url_scan.got_a_place", analysis=scan.analysis, url_scan=scan, by=Actor.SCHEDULER)
        enqueue_for(scan, "scan_url")
    else:
        move(scan, U.QUEUED, "url_scan.queued", Actor.SCHEDULER)
    roll_up(scan.analysis, Actor.SCHEDULER)
    return True

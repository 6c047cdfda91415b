"""The scheduler: everything that happens because time passes.

It starts what is due, pauses for blackout windows, fills free capacity, recovers what lost its worker and ends what
is out of time. Each job yields pieces of work. A tick works on each job for a bounded time; the next tick continues.
Many schedulers may run: one leads, and the others stand by (`leading.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache, partial
from zoneinfo import ZoneInfo

from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Coalesce

from scans import transitions
from scans.database import clock, statistics
from scans.database.look import Look, Moment
from scans.maintenance import leftovers, recount, retention, security_log
from scans.models import (
    Analysis,
    AtWork,
    BlackoutWindow,
    OpenFindings,
    RecurringSchedule,
    ScanSettings,
    StatusCount,
    TriageMark,
    UrlScan,
    WebhookEvent,
)
from scans.models.blackout_window import with_windows
from scans.models.owed import owing
from scans.models.system_part import ALIVE_FOR
from scans.targets.zones import DEFAULT_ZONE
from scans.webhooks.outbox import make_deliveries
from scans.workers.task_watch import look_after_tasks, running_for_long

Piece = Callable[[], object]  # writes in one transaction, which the caller opens
Job = Callable[[], Iterable[Piece]]  # finds what is due, and writes nothing itself


def jobs() -> dict[Job, float]:
    """Return all jobs in their order, each with the seconds between two runs of it; 0: at each tick."""
    return {
        run_recurring: 0,
        begin_blackouts: 5,  # a window is seen 20 s ahead
        end_blackouts: 0,
        start_due: 0,
        start_late: 5,  # finds all that is due, at more cost
        look_after_zones: 5,
        admit_waiting: 0,
        recover_abandoned: 0,
        end_durations: 0,
        end_long_pauses: 30,
        end_acceptances: 60,
        look_after_tasks: 2,
        tell_webhooks: 0,
        fold_counts: 0,
        retention.pieces: 0,
        count_open_findings: 0,
        mend_waiting: 60,
        remove_leftovers: 60,
        refresh_statistics: 1000,
    }


def questions() -> dict[Job, list[QuerySet]]:
    """Return for jobs that are asked often: without a row for any of these questions, a job finds nothing.

    They are asked all at once (`database.look`). The other jobs are asked seldom, or ask little.
    """
    return {
        run_recurring: [RecurringSchedule.objects.switched_on().filter(next_at__lte=Moment())],
        begin_blackouts: [Analysis.objects.pausable()],
        end_blackouts: [Analysis.objects.in_blackout()],
        start_due: [Analysis.objects.scheduled_until(Moment())],
        look_after_zones: [UrlScan.objects.holding_slot_in_queue(), UrlScan.objects.waiting_for_their_zone()],
        admit_waiting: [UrlScan.objects.waiting_for_capacity()],
        recover_abandoned: [UrlScan.objects.abandoned()],
        end_durations: [Analysis.objects.with_waiting_out_of_time(Moment())],
        look_after_tasks: [running_for_long(Moment(ALIVE_FOR)), *owing()],
        tell_webhooks: [WebhookEvent.objects.all()],
        fold_counts: [StatusCount.above_few()],
        retention.pieces: [retention.is_on()],
        count_open_findings: OpenFindings.may_be_due(),
    }


@cache
def look(asked: frozenset[Job]) -> Look:
    """Return the look at whether some of these jobs may find something."""
    return Look({job: querysets for job, querysets in questions().items() if job in asked})


def _each(verb: Callable[[Model], object], model: type[Model], pks: Iterable[int]) -> Iterator[Piece]:
    """Yield the piece of applying a verb, for each of these rows."""
    for pk in pks:
        yield partial(_apply, verb, model, pk)


def _apply(verb: Callable[[Model], object], model: type[Model], pk: int) -> None:
    """Apply a verb to a row as it is now. Does nothing if the row is gone."""
    if row := model.objects.filter(pk=pk).first():
        verb(row)


def _repeated(work: Callable[[], bool]) -> Iterator[Piece]:
    """Yield the same piece again and again, until it returns false or fails."""
    again = [True]

    def once() -> None:
        again[0] = False
        again[0] = work()

    while again[0]:
        yield once


def run_recurring() -> Iterator[Piece]:
    """Make the next run of every recurring schedule that is due, the longest overdue first."""
    due = RecurringSchedule.objects.due(clock.now()).order_by("next_at")
    return _each(transitions.run_recurring, RecurringSchedule, due.values_list("pk", flat=True))


class _Windows:
    """The blackout windows as they are now: those for all analyses, and with them those of single ones."""

    def __init__(self):
        self._for_all = BlackoutWindow.for_all()
        self.common = transitions.closed_until(self._for_all)
        self._until: dict[tuple[str, str], datetime | None] = {}

    def of(self, analyses: QuerySet[Analysis]) -> list[tuple[int, datetime | None]]:
        """For each analysis its id, and when the window ends that it is in; None if it is in none."""
        rows = analyses.values_list("pk", "blackout", "time_zone")
        return [(pk, self._closed_until(blackout, zone)) for pk, blackout, zone in rows]

    def _closed_until(self, blackout: str, zone: str) -> datetime | None:
        if not blackout:
            return self.common
        if (blackout, zone) not in self._until:
            windows = with_windows(self._for_all, blackout, ZoneInfo(zone))
            self._until[blackout, zone] = transitions.closed_until(windows)
        return self._until[blackout, zone]


def begin_blackouts() -> Iterator[Piece]:
    """Pause what may not scan, because a blackout window has begun or is about to."""
    windows, pausable = _Windows(), Analysis.objects.pausable()
    if not windows.common:
        pausable = pausable.exclude(blackout="")  # thousands without a window of their own may wait
    for pk, until in windows.of(pausable):
        if until:
            yield partial(_apply, partial(transitions.begin_blackout, until=until), Analysis, pk)


def end_blackouts() -> Iterator[Piece]:
    """Resume what an ended blackout window had paused."""
    paused = _Windows().of(Analysis.objects.in_blackout().order_by("blackout_since"))
    return _each(transitions.end_blackout, Analysis, [pk for pk, until in paused if until is None])


def start_due() -> Iterator[Piece]:
    """Start the scheduled analyses whose start time has come, except in a blackout window."""
    return _start(Analysis.objects.scheduled_until(clock.now()))


def start_late() -> Iterator[Piece]:
    """Start URL scans that were set up after others of their analysis had started."""
    return _start(Analysis.objects.due(clock.now()))


def _start(due: QuerySet[Analysis]) -> Iterator[Piece]:
    windows = _Windows()
    if windows.common:
        return iter(())
    return _each(transitions.start, Analysis, [pk for pk, until in windows.of(due) if until is None])


def look_after_zones() -> Iterator[Piece]:
    """Give slots of zones that lost their workers to others, and let scans of zones that have one again wait for one.

    Looks at the URL scans that hold a slot, and along an index at those that wait for a worker of their zone.
    """
    at_work, now = AtWork.now(), clock.now()
    in_queue = UrlScan.objects.holding_slot_in_queue().values_list("pk", "zone", "unserved_since")
    unserved = {pk: since for pk, zone, since in in_queue if at_work.leaves_out(zone)}
    if new := [pk for pk, since in unserved.items() if since is None]:
        yield partial(transitions.note_unserved, new)
    over = [pk for pk, since in unserved.items() if since and since <= now - transitions.KEEPS_SLOT_FOR]
    yield from _each(transitions.give_back_slot, UrlScan, over)
    served = UrlScan.objects.waiting_for_their_zone().alias(in_zone=Coalesce("zone", Value(DEFAULT_ZONE)))
    served = served.filter(in_zone__in=at_work.scanned)
    analyses = served.order_by().values_list("analysis", flat=True).distinct()
    yield from _each(transitions.zone_is_served, Analysis, analyses)


def admit_waiting() -> Iterator[Piece]:
    """Give every free capacity slot to a URL scan that waits for one."""
    if transitions.may_admit():
        yield from _repeated(transitions.admit_next)


def recover_abandoned() -> Iterator[Piece]:
    """Recover every URL scan whose lease ran out."""
    abandoned = UrlScan.objects.abandoned().order_by("lease_until")
    return _each(transitions.recover, UrlScan, abandoned.values_list("pk", flat=True))


def end_durations() -> Iterator[Piece]:
    """End what waits or is paused in analyses whose duration is over. Workers end what runs."""
    over = Analysis.objects.with_waiting_out_of_time(clock.now())
    return _each(transitions.expire_waiting, Analysis, over.values_list("pk", flat=True))


def end_long_pauses() -> Iterator[Piece]:
    """End what a user paused for longer than an administrator allows."""
    limit = ScanSettings.current().pause_limit
    paused = UrlScan.objects.paused_too_long(clock.now(), limit)
    return _each(transitions.end_long_pause, UrlScan, paused.values_list("pk", flat=True))


def end_acceptances() -> Iterator[Piece]:
    """Reopen accepted weaknesses whose day is over."""
    return _each(transitions.end_acceptance, TriageMark, TriageMark.objects.expired().values_list("pk", flat=True))


def tell_webhooks() -> Iterator[Piece]:
    """Make what workers send to webhooks, for each entry of the activity log that the outbox has."""
    if WebhookEvent.objects.exists():
        yield from _repeated(make_deliveries)


def fold_counts() -> Iterator[Piece]:
    """Fold the counts per status until they are few enough to read quickly."""
    if StatusCount.has_many():
        yield from _repeated(lambda: StatusCount.fold() or StatusCount.has_many())


def count_open_findings() -> Iterator[Piece]:
    """Count the open findings, a step at each tick."""
    if OpenFindings.is_due():
        yield OpenFindings.count


def remove_leftovers() -> Iterator[Piece]:
    """Remove old events of the security log, and rows that nobody needs any more."""
    yield security_log.remove_expired
    yield from leftovers.pieces()


def refresh_statistics() -> Iterator[Piece]:
    """Let the database look how many rows there are."""
    yield statistics.refresh


def mend_waiting() -> Iterator[Piece]:
    """Correct since when analyses wait for capacity, where a process of an older version has not written it."""
    for pk in Analysis.objects.wrongly_waiting():
        yield partial(recount.correct, pk)

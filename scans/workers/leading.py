"""A scheduler process: it leads, or stands by until the one that leads has gone."""

import logging
from collections.abc import Iterable
from math import inf
from threading import Event
from time import monotonic

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction

from scans.models import SchedulerLead, SystemPart
from scans.models.scheduler_lead import LeadLost
from scans.transitions import TransitionRefused
from scans.workers.scheduler import Job, Piece, jobs, look

logger = logging.getLogger(__name__)

SECONDS_OF_A_JOB = 0.1  # in one tick, and always one piece; then it is the turn of the next job
SECONDS_BETWEEN_RENEWALS = 1  # of the lead; another scheduler looks as often whether it is free
SECONDS_BETWEEN_REPORTS = 5
LONGEST_PAUSE = 8  # seconds, while the database does not answer


def tick(name: str) -> bool:
    """Do everything that is due now, however long it takes. Returns False, and does nothing, if another one leads."""
    return Scheduler(name, seconds_of_a_job=inf).once()


class Scheduler:
    """One process. `name` is that of its SystemPart; `seconds_of_a_job` is how long a job may take in one tick."""

    def __init__(self, name: str, seconds_of_a_job: float = SECONDS_OF_A_JOB):
        self._name = name
        self._seconds_of_a_job = seconds_of_a_job
        self._leads = False
        self._stood_by_for = ""  # the name of the leader, as the log says
        self._reported_at = self._renewed_at = -inf
        self._next_tick = 0.0
        self._next_run: dict[Job, float] = {}
        self._has_worked = False  # in this tick
        self._away_since: float | None = None
        self._pause = 0.0

    def once(self) -> bool:
        """Do everything that is due now, and give the lead back. Returns False if another scheduler leads."""
        if not SchedulerLead.take(self._name):
            return False
        try:
            self._report()
            self.tick()
        finally:
            SchedulerLead.give_back(self._name)
        return True

    def run(self, over: Event) -> None:
        """Lead or stand by until `over` is set, then let another scheduler lead at once."""
        while not over.wait(self._turn()):
            close_old_connections()
        try:
            SchedulerLead.give_back(self._name)
            SystemPart.objects.filter(name=self._name).delete()
        except Error as error:
            logger.warning("The database does not answer (%s): another scheduler leads in a few seconds.", _line(error))

    def _turn(self) -> float:
        """Take the lead, or do what is due as the leader. Returns how many seconds to wait until the next turn."""
        try:
            self._report()
            if not self._leads:
                self._try_to_lead()
            elif monotonic() >= self._next_tick:
                is_work_left = self.tick()
                self._next_tick = 0 if is_work_left else monotonic() + settings.SCANS_TICK_SECONDS
            else:
                self._renew()
        except LeadLost as lost:
            logger.warning("%s It stands by.", lost)
            self._leads = False
        except Error as error:
            return self._wait_for_database(error)
        self._note_that_database_is_back()
        until_tick = self._next_tick - monotonic() if self._leads else inf
        return max(0, min(SECONDS_BETWEEN_RENEWALS, until_tick))

    def _try_to_lead(self) -> None:
        self._leads = SchedulerLead.take(self._name)
        leader = self._name if self._leads else SchedulerLead.leader()
        if self._leads:
            self._next_tick, self._next_run = 0, {}
            logger.info("This scheduler leads.")
        elif leader and leader != self._stood_by_for:
            logger.info("The scheduler %s leads. This one stands by.", leader)
        self._stood_by_for = leader

    def tick(self) -> bool:
        """Work on each job that is due, for a bounded time. Returns whether work is left.

        A job or piece that fails is logged and stops none of the others. Raises LeadLost, and the database's error if
        it does not answer.
        """
        asked = {job: seconds for job, seconds in jobs().items() if monotonic() >= self._next_run.get(job, 0)}
        idle, self._has_worked, is_work_left = self._idle_of(asked), False, False
        for job, seconds in asked.items():
            if (self._has_worked or job not in idle) and self._work_on(job):
                is_work_left = True
            else:
                self._next_run[job] = monotonic() + seconds
        return is_work_left

    def _idle_of(self, asked: Iterable[Job]) -> set[Job]:
        """The jobs that find nothing, as one look says; it counts until a piece of work was done."""
        try:
            taken = look(frozenset(asked))
            return taken.names - taken.found()
        except Exception as error:  # then each job asks by itself
            self._failed(error)
            return set()

    def _work_on(self, job: Job) -> bool:
        """Do the pieces of one job until its time is over. Returns whether some are left."""
        self._stay_alive()
        over = inf
        for piece in self._found_by(job):
            if monotonic() > over:
                return True
            over = min(over, monotonic() + self._seconds_of_a_job)
            self._do(piece)
            self._stay_alive()
        return False

    def _found_by(self, job: Job) -> Iterable[Piece]:
        try:
            yield from job()
        except Exception as error:
            self._failed(error)

    def _do(self, piece: Piece) -> None:
        """Do one piece in a transaction that nobody else takes the lead in."""
        self._has_worked = True
        try:
            with transaction.atomic():
                SchedulerLead.hold(self._name)
                piece()
        except TransitionRefused as refusal:
            logger.info("%s", refusal)
        except LeadLost:
            raise
        except Exception as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Log that a job or piece failed. Raises the database's error if the database does not answer at all."""
        if not connection.in_atomic_block:  # as in no process, but in tests
            connection.close_if_unusable_or_obsolete()
        self._renew()
        known = isinstance(error, Error)
        logger.error(
            "One of the scheduler's jobs failed; it runs again at its next turn.%s",
            f" {_line(error)}" if known else "",
            exc_info=None if known else error,
        )

    def _stay_alive(self) -> None:
        """Renew the lead and report, as often as others look for it."""
        if monotonic() - self._renewed_at > SECONDS_BETWEEN_RENEWALS:
            self._renew()
        self._report()

    def _renew(self) -> None:
        SchedulerLead.hold(self._name)
        self._renewed_at = monotonic()

    def _report(self) -> None:
        if monotonic() - self._reported_at > SECONDS_BETWEEN_REPORTS:
            SystemPart.report(SystemPart.Kind.SCHEDULER, self._name)
            self._reported_at = monotonic()

    def _wait_for_database(self, error: Error) -> float:
        """Log once that the database does not answer. Returns a pause, which grows."""
        connection.close()
        if self._away_since is None:
            self._away_since, self._pause = monotonic(), 0.5
            logger.error(
                "The database does not answer (%s). Check that it runs and has room, that DATABASE_URL names it, and "
                "that `manage.py migrate` has run. The scheduler tries again, at least every %d seconds.",
                _line(error),
                LONGEST_PAUSE,
            )
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        return self._pause

    def _note_that_database_is_back(self) -> None:
        if self._away_since is not None:
            logger.warning("The database answers again, after %.0f seconds.", monotonic() - self._away_since)
            self._away_since = None


def _line(error: Exception) -> str:
    """Return the text of an error of the database, in one line."""
    return " ".join(str(error).split()) or type(error).__name__

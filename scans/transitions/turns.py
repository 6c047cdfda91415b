"""Fair turns between the owners of analyses, whose background tasks share a few workers.

Each owner's tasks have a queue of their own. A worker takes turns between the queues (see workers/worker): an owner
with a thousand tasks waits as long for the next turn as an owner with one. A check that may take long asks its Turn
from time to time, and queues the rest of its work once the turn is over.
"""

from collections.abc import Iterable
from time import monotonic

from django.db.models import Max, Min, Q, QuerySet
from django_tasks_db.models import DBTaskResult

CHECKS, SCANS = "checks", "scans"  # the queues: scans occupy their worker for hours, and checks must not wait for that
TURN_SECONDS = 10  # a task may work for so long before it makes way for others
SECONDS_BETWEEN_LOOKS = 1


class TurnOver(Exception):
    """Others wait. Holds the seconds that were worked in this turn, and those that were spent waiting for a site."""

    def __init__(self, worked: float = 0, waited: float = 0):
        super().__init__("Others wait for their turn.")
        self.worked, self.waited = worked, waited


def queue_of(queue: str, owner: int | None) -> str:
    """Return the name of an owner's queue. What nobody owns, as from the command line, has the queue itself."""
    return f"{queue}-{owner}" if owner else queue


def owner_of(queue: str) -> int | None:
    """Return the owner of a queue that `queue_of` named."""
    return int(queue.partition("-")[2] or 0) or None


def waiting(queue: str) -> QuerySet[DBTaskResult]:
    """Return the tasks that wait in the queues of all owners."""
    return DBTaskResult.objects.ready().filter(Q(queue_name=queue) | Q(queue_name__startswith=f"{queue}-"))


class Rotation:
    """The order in which one worker serves the queues: the one first that it served longest ago.

    So between two turns of an owner, each other owner whose task waits has a turn. Only more urgent tasks go first.
    """

    def __init__(self, queue: str):
        self._queue = queue
        self._served: dict[str, int] = {}
        self._turns = 0

    def next(self) -> Iterable[str]:
        """Return the queue to take the next task from; none if no task waits."""
        tasks = waiting(self._queue).order_by().values_list("queue_name")
        queues = tasks.annotate(urgency=Max("priority"), since=Min("enqueued_at"))
        order = ((-urgency, self._served.get(name, 0), since, name) for name, urgency, since in queues)
        return [name for *_, name in sorted(order)[:1]]

    def note(self, queue: str) -> None:
        """Note that a task of this queue has its turn now."""
        self._turns += 1
        self._served[queue] = self._turns


class Turn:
    """The time of one check. Others may have the worker once TURN_SECONDS are over, and not before they need it."""

    def __init__(self, owner: int | None, priority: int = 0):
        others = ~Q(queue_name=queue_of(CHECKS, owner)) & Q(priority__gte=priority)
        self._others = waiting(CHECKS).filter(others | Q(priority__gt=priority))
        self._began = self._looked = monotonic()
        self._is_over = False

    @property
    def worked(self) -> float:
        """How many seconds it has had."""
        return monotonic() - self._began

    def is_over(self) -> bool:
        """Whether others wait for the worker, and this task has had its time. Asks the database once a second."""
        if not self._is_over and self.worked > TURN_SECONDS and monotonic() - self._looked > SECONDS_BETWEEN_LOOKS:
            self._looked = monotonic()
            self._is_over = self._others.all().exists()
        return self._is_over

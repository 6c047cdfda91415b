"""Fair turns between the owners of analyses, whose background tasks share a few workers.

Each owner's tasks have a queue of their own. A worker takes turns between the queues (see workers/worker): an owner
with a thousand tasks waits as long for the next turn as an owner with one. A check that may take long asks its Turn
from time to time, and queues the rest of its work once the turn is over.

Each zone has queues of its own too, such as `scans@office:7` beside `scans-7` of the default zone. A process serves
the zones that `serve` was told.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from time import monotonic

from django.db.models import Max, Min, Q, QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from scans.database.look import Look
from scans.database.wakeup import wake
from scans.targets.zones import DEFAULT_ZONE

# The kinds of queues: scans occupy their worker for hours, and checks must not wait for that.
CHECKS, SCANS = QUEUES = "checks", "scans"
TURN_SECONDS = 10  # a task may work for so long before it makes way for others
SECONDS_BETWEEN_LOOKS = 1


class TurnOver(Exception):
    """Others wait. Holds the seconds that were worked in this turn, and those that were spent waiting for a site."""

    def __init__(self, worked: float = 0, waited: float = 0):
        super().__init__("Others wait for their turn.")
        self.worked, self.waited = worked, waited


def queue_of(queue: str, owner: int | None, zone: str = DEFAULT_ZONE) -> str:
    """Return the name of an owner's queue in a zone. What nobody owns, as from the command line, has none there."""
    if zone:
        return f"{queue}@{zone}:{owner or ''}"
    return f"{queue}-{owner}" if owner else queue


_QUEUE = re.compile(r"(?P<kind>\w+)(?:@(?P<zone>[^:]+):|-?)(?P<owner>\d*)")


def owner_of(queue: str) -> int | None:
    """Return the owner of a queue that `queue_of` named."""
    return int(_QUEUE.fullmatch(queue)["owner"] or 0) or None


def kind_of(queue: str) -> str:
    """Return the kind of a queue that `queue_of` named: one of QUEUES."""
    return _QUEUE.fullmatch(queue)["kind"]


def zone_of(queue: str) -> str:
    """Return the zone of a queue that `queue_of` named."""
    return _QUEUE.fullmatch(queue)["zone"] or DEFAULT_ZONE


_served: tuple[str, ...] = (DEFAULT_ZONE,)


def serve(zones: Iterable[str]) -> None:
    """Let this process serve these zones from now on, instead of the default zone alone."""
    global _served
    _served = tuple(zones)


def served() -> tuple[str, ...]:
    """Return the zones that this process serves."""
    return _served


def waiting(queue: str, zones: Iterable[str] | None = None) -> QuerySet[DBTaskResult]:
    """Return the tasks that wait in the queues of all owners, in these zones or else in those that are served here."""
    return DBTaskResult.objects.ready().filter(_in_zones(queue, _served if zones is None else zones))


def _in_zones(queue: str, zones: Iterable[str]) -> Q:
    return reduce(or_, (_in_zone(queue, zone) for zone in zones), Q(pk__in=[]))


def _in_zone(queue: str, zone: str) -> Q:
    if zone:
        return Q(queue_name__startswith=queue_of(queue, None, zone))
    return Q(queue_name=queue) | Q(queue_name__startswith=f"{queue}-")


def put_back(task: DBTaskResult, until: datetime | None = None) -> None:
    """Put a task that a worker has just taken into the queue again; no worker takes it before `until`."""
    waits = {"status": TaskResultStatus.READY, "started_at": None, "worker_ids": task.worker_ids[:-1]}
    waits["run_after"] = until or task.run_after
    DBTaskResult.objects.filter(pk=task.pk).update(**waits)
    wake()


class Rotation:
    """The order in which one worker serves the queues: the one first that it served longest ago.

    So between two turns of an owner, each other owner whose task waits has a turn. Only more urgent tasks go first.
    """

    def __init__(self, queue: str):
        self._queue = queue
        self._served: dict[str, int] = {}
        self._turns = 0
        ready = DBTaskResult.objects.filter(_in_zones(queue, _served), status=TaskResultStatus.READY)
        self._look = Look({queue: [ready]})

    def next(self) -> Iterable[str]:
        """Return the queue to take the next task from; none if no task waits."""
        if not self._look.found():
            return []
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
        own = [queue_of(CHECKS, owner, zone) for zone in served()]
        others = ~Q(queue_name__in=own) & Q(priority__gte=priority)
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

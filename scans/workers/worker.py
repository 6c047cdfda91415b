"""A worker process: the worker of django-tasks, which also reports that it is alive and hands its scan over on exit."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from math import inf
from types import FrameType

from django.db import Error, close_old_connections, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from scans import artifacts
from scans.database.patience import patiently
from scans.database.wakeup import Wakeup
from scans.models import SystemPart
from scans.models.system_part import host_name
from scans.targets.zones import DEFAULT_ZONE, shown_zone
from scans.transitions.turns import Rotation, put_back, serve
from scans.webhooks import sending
from scans.workers import supervision
from scans.workers.space import Space
from scans.workers.task_ids import ids_of_task
from scans.working_on import working_on

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_REPORTS = 5
SECONDS_BETWEEN_LOOKS = 3  # where nothing wakes it: a notification may be lost, and a task may wait for its time
SECONDS_AFTER_A_RACE = 0.2  # that another worker won
SECONDS_AFTER_FAILURE = 1.0  # of the database, before the worker asks it again
SECONDS_FOR_LAST_UPLOADS = 10  # of what waits on this host when the worker ends
_KINDS = {"scans": SystemPart.Kind.SCANS_WORKER, "checks": SystemPart.Kind.CHECKS_WORKER}


class ScanWorker(Worker):
    """Runs the tasks of one queue, one at a time and in turns between owners, until SIGTERM or SIGINT."""

    def __init__(self, queue: str, zones: Iterable[str] = (DEFAULT_ZONE,), engine: str = ""):
        """`zones` are those that it serves, `engine` is the name and version of what is installed here."""
        super().__init__(
            queue_names=[queue],
            excluded_queue_names=[],
            interval=SECONDS_AFTER_A_RACE,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=f"{socket.gethostname()[:32]}-{os.getpid()}-{get_random_string(8)}",
        )
        serve(zones)
        self._kind = _KINDS[queue]
        self._facts = {"zones": ",".join(map(shown_zone, zones)), "engine": engine}
        self._sends_webhooks = queue == "checks" and DEFAULT_ZONE in zones
        self._rotation = Rotation(queue)
        self._space = Space(queue, host_name())
        self._over = threading.Event()
        self._wakeup = Wakeup()

    @property
    def queue_names(self) -> list[str]:
        """The queue of the owner whose turn it is; none where no task waits. Locks nothing.

        None either while the worker is drained, or while the disk has no room: what waits stays queued.
        """
        if self._space.forbids_all():
            return []
        names = list(self._rotation.next())
        return [] if names and SystemPart.drain_of(self.worker_id) else names

    @queue_names.setter
    def queue_names(self, names: list[str]) -> None:
        """Nothing to keep: the rotation knows."""

    def work(self) -> None:
        """Run tasks until a signal comes; in batch mode, until none waits. Raises the database's errors.

        Takes the place of django-tasks' loop, which looks in an exclusive transaction: this one looks without a lock,
        and asks for one only where a task waits.
        """
        while self.running:
            close_old_connections()
            self._wakeup.listen()
            names = self.queue_names
            if task := self._claim_from(names):
                self.run_task(task)
            elif self.batch:
                return
            else:
                self._wakeup.wait(self.interval if names else SECONDS_BETWEEN_LOOKS)

    def _claim_from(self, names: list[str]) -> DBTaskResult | None:
        """Take the next task of these queues. None if none is left, because another worker was faster."""
        if not names:
            return None
        tasks = DBTaskResult.objects.ready().filter(backend_name=self.backend_name, queue_name__in=names)
        with exclusive_transaction():
            if task := tasks.get_locked():
                task.claim(self.worker_id)
        return task

    def run_task(self, db_task_result: DBTaskResult) -> None:
        """Run one task, as the turn of its owner. Gives it back after a signal, and if it has to wait for room.

        If the database does not take its result, waits until it does: the task would count as running otherwise.
        """
        if not self.running:
            put_back(db_task_result)
            return
        if self._space.put_off(db_task_result):
            return
        self._rotation.note(db_task_result.queue_name)
        try:
            with working_on(**ids_of_task(db_task_result)):
                super().run_task(db_task_result)
        except Error as error:
            patiently(partial(db_task_result.set_failed, error), lambda: inf if self.running else 0)
        if self.running:  # a drained worker has handed over, and may be resumed
            supervision.shutdown_requested.clear()

    def run(self) -> None:
        """Run tasks until a signal ends it. A database that fails is waited for."""
        threading.Thread(target=self._report, daemon=True).start()
        courier = threading.Thread(target=artifacts.keep_catching_up, args=[self._over], daemon=True)
        courier.start()
        if self._sends_webhooks:
            threading.Thread(target=sending.keep_sending, args=[self._over], daemon=True).start()
        try:
            while not self._work():
                supervision.shutdown_requested.wait(SECONDS_AFTER_FAILURE)
        finally:
            self._over.set()
            courier.join(SECONDS_FOR_LAST_UPLOADS)
            with suppress(Error):  # a row that stays counts as gone after a while
                SystemPart.objects.filter(name=self.worker_id).delete()

    def _work(self) -> bool:
        """Run tasks until a signal came, then return True; False as soon as the database fails."""
        try:
            SystemPart.report(self._kind, self.worker_id, **self._facts)
            self.work()
        except Error as error:
            logger.warning("The database failed (%s); this worker tries again.", type(error).__name__)
            connection.close()
            return not self.running
        return True

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """End after the current task; a running scan saves its session first. An idle worker ends within a second.

        Only sets flags: a signal may come at any moment, also inside a transaction, or between the taking of a task and
        its start. A second signal changes nothing, because terminals and process managers may both send one.
        """
        self.running = False
        self._wakeup.interrupt()
        supervision.shutdown_requested.set()
        if self.running_task:
            logger.warning("%s: handing the scan over, then ending.", signal.strsignal(signum))

    def _report(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_REPORTS):
            try:
                SystemPart.report(self._kind, self.worker_id, **self._facts)
                if self.running_task and SystemPart.drain_of(self.worker_id) == SystemPart.Drain.HAND_OVER:
                    supervision.shutdown_requested.set()
            except Error as error:
                logger.warning("This worker could not report that it is alive (%s).", type(error).__name__)
                connection.close()

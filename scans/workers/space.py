"""A worker looks for room on the disk before it takes work that writes there."""

import logging
from datetime import timedelta
from time import monotonic

from django.db import Error, connection
from django_tasks_db.models import DBTaskResult

from scans import room
from scans.database import clock
from scans.models import FullDisk
from scans.reasons import NO_REASON
from scans.transitions.turns import SCANS, put_back

logger = logging.getLogger(__name__)
SECONDS_BETWEEN_LOOKS = 1
SECONDS_BETWEEN_REPORTS = 5
PUT_OFF_FOR = timedelta(seconds=10)
_NEEDS_ROOM = "scans.tasks.set_up"  # whose prescan stores pictures; the other checks need none, or free some


class Space:
    """Whether the host of a worker has room. Says so in the log when that changes, and to all pages meanwhile."""

    def __init__(self, queue: str, host: str):
        self._queue, self._host = queue, host
        self._why = NO_REASON
        self._looked_at = self._reported_at = float("-inf")

    def forbids_all(self) -> bool:
        """Whether this worker takes no task now: scans need room, and SQLite needs some to note who took a task."""
        self._look()
        return bool(self._why) and (self._queue == SCANS or room.database_is_full())

    def put_off(self, task: DBTaskResult) -> bool:
        """Whether this task, which the worker has just taken, has to wait for room. Then it is in the queue again."""
        self._look()
        if not self._why or task.task_path != _NEEDS_ROOM:
            return False
        put_back(task, clock.now() + PUT_OFF_FOR)
        return True

    def _look(self) -> None:
        """Look once a second."""
        now = monotonic()
        if now - self._looked_at < SECONDS_BETWEEN_LOOKS:
            return
        self._looked_at, before = now, self._why
        self._why = room.shortage(room.TO_START)
        if bool(self._why) != bool(before):
            self._log()
            self._reported_at = float("-inf")
        if now - self._reported_at >= SECONDS_BETWEEN_REPORTS and (self._why or before):
            self._report(now)

    def _log(self) -> None:
        if self._why:
            logger.warning(
                "%s No scan starts on this host until there is room. Free some: delete old analyses, set the retention "
                "policy, or enlarge the disk.",
                self._why,
            )
        else:
            logger.warning("There is room on the disk again: waiting scans start.")

    def _report(self, now: float) -> None:
        try:
            FullDisk.report(self._host, self._why)
            self._reported_at = now
        except Error as error:  # as a database on that disk
            logger.warning("That the disk is full could not be stored (%s); it is tried again.", type(error).__name__)
            connection.close()

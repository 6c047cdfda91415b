"""Waking processes that wait for tasks: by a notification of PostgreSQL, or because SQLite's file has changed."""

import os
from select import select
from time import monotonic

from django.db import connection

CHANNEL = "scans_tasks"
SECONDS_BETWEEN_VERSIONS = 0.1  # of SQLite's file; to read one takes 20 µs and no lock


def wake() -> None:
    """Wake the processes that wait, once this transaction has committed. SQLite's see that the file has changed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


class Wakeup:
    """Lets one process wait. Call `listen`, look for work, and `wait` if there was none: no change between is missed.

    A notification may still be lost, as in a proxy that hands connections from one client to another; and a task may
    have to wait for its time. So look again after each wait, however it ended.
    """

    def __init__(self):
        self._interrupted, self._to_interrupt = os.pipe()
        self._listening = None  # the driver's connection that listens
        self._heard = False
        self._version: int | None = None

    def __del__(self):
        os.close(self._interrupted)
        os.close(self._to_interrupt)

    def listen(self) -> None:
        """From now on, note changes by others. Raises the database's error if it does not answer."""
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            self._version = self._file_version()
            return
        self._heard = False
        if self._listening is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = connection.connection
            self._listening.add_notify_handler(self._note)

    def wait(self, seconds: float) -> None:
        """Return once another process has changed something, after `interrupt`, and after so many seconds at most."""
        if connection.vendor == "sqlite":
            self._wait_for_version(seconds)
        elif not self._heard and connection.connection is self._listening:
            with connection.wrap_database_errors:
                ready = select([self._interrupted, self._listening.fileno()], [], [], seconds)[0]
                if self._interrupted not in ready:
                    self._forget_what_came()

    def interrupt(self) -> None:
        """End this wait and every later one at once. A signal handler may call it."""
        os.write(self._to_interrupt, b".")

    def _note(self, notification: object) -> None:
        self._heard = True

    def _forget_what_came(self) -> None:
        """Read the notifications that ended a wait, which would end the next one too. Fails if the server is gone."""
        self._listening.pgconn.consume_input()
        while self._listening.pgconn.notifies():
            pass

    def _wait_for_version(self, seconds: float) -> None:
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            if select([self._interrupted], [], [], min(left, SECONDS_BETWEEN_VERSIONS))[0]:
                return
            if self._file_version() != self._version:
                return

    def _file_version(self) -> int:
        """A number that differs after each commit of another connection."""
        connection.ensure_connection()
        with connection.wrap_database_errors:
            return connection.connection.execute("PRAGMA data_version").fetchone()[0]

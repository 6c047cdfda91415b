"""Bounds on waiting for a process that others depend on: it must not wait for a lock for ever, nor hold one."""

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

SECONDS_FOR_A_LOCK = 4
SECONDS_WITHOUT_A_WORD = 4  # from a process that has begun a transaction: then the database ends it


def bound_waiting() -> None:
    """Bound how long this process waits for a lock; the statement then fails.

    On PostgreSQL also bound how long it may keep locks while it is frozen or cut off. SQLite has no server: a frozen
    process keeps its lock there.
    """
    connection_created.connect(_bound, dispatch_uid="bound_waiting")
    if connection.connection is not None:
        _bound(connection)


def _bound(connection: BaseDatabaseWrapper, **kwargs) -> None:
    milliseconds = SECONDS_FOR_A_LOCK * 1000
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds}")
            return
        cursor.execute(f"SET lock_timeout = {milliseconds}")
        cursor.execute(f"SET idle_in_transaction_session_timeout = {SECONDS_WITHOUT_A_WORD * 1000}")

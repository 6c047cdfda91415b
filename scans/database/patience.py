"""Patience with a database that fails for a while: a lock, a cut connection, a restart, a full disk."""

import logging
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import TypeVar

from django.db import DataError, Error, IntegrityError, NotSupportedError, connection, transaction

logger = logging.getLogger(__name__)
Result = TypeVar("Result")
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two tries
_OUR_MISTAKES = (DataError, IntegrityError, NotSupportedError)


def may_pass(error: BaseException) -> bool:
    """Return whether this is an error of the database that may be gone at the next try.

    False for every other error, and for what the database refuses to store, which it would refuse again.
    """
    return isinstance(error, Error) and not isinstance(error, _OUR_MISTAKES)


def if_possible(write: Callable[[], object], what: str) -> None:
    """Write what an answer can do without, in a transaction of its own.

    If the database cannot, as on a full disk, a line of the log says so. Other errors are raised.
    """
    try:
        with transaction.atomic():
            write()
    except Error as error:
        if not may_pass(error):
            raise
        logger.warning("The database failed (%s), so this was not written: %s.", type(error).__name__, what)


def told_of(error: BaseException) -> str:
    """Return an error as a reason may tell it: type and text; of one that comes from the database the type alone.

    The texts of a database contain its address and name, and values of rows.
    """
    name = type(error).__name__
    return name if any(isinstance(cause, Error) for cause in _causes(error)) else f"{name}: {error}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, and what it was raised from or while handling."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def patiently(work: Callable[[], Result], until: Callable[[], float]) -> Result:
    """Return what `work` returns; call it again while the database fails, until the moment that `until` returns then.

    `work` must be safe to repeat. Inside a transaction it is called once, because only the whole can be repeated.
    Raises the last error of the database, and every other error at once.
    """
    pause = SHORTEST_PAUSE
    while True:
        try:
            return work()
        except Error as error:
            if connection.in_atomic_block or not may_pass(error) or monotonic() + pause > until():
                raise
            logger.warning("The database failed (%s); trying again.", type(error).__name__)
        connection.close()  # it may be cut; the next query opens another
        sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)

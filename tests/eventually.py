"""Waiting for something that happens soon, in another thread or process."""

import threading
import time
from collections.abc import Callable

from django.db import connection


def eventually(condition: Callable[[], object], seconds: float = 40, every: float = 0.02):
    """Return what the condition gives as soon as that is true of it; fails the test if it takes too long."""
    deadline = time.monotonic() + seconds
    while not (given := condition()):
        assert time.monotonic() < deadline, f"it did not come to that within {seconds} seconds"
        time.sleep(every)
    return given


def meanwhile(condition: Callable[[], object], then: Callable[[], object]) -> threading.Thread:
    """Do `then` in a thread as soon as the condition is true; returns the thread, to be joined."""

    def work():
        try:
            eventually(condition)
            then()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def at_once(*works: Callable[[], object]) -> list:
    """Do all these at the same moment, each in a thread with a database connection of its own.

    Returns what each returned or raised, in their order.
    """
    barrier, ended = threading.Barrier(len(works)), [None] * len(works)

    def work(number):
        try:
            barrier.wait()
            ended[number] = works[number]()
        except Exception as error:
            ended[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended

"""The ids of what is being worked on, for the lines of the log: analysis, URL scan, task.

They hold for this thread until the block of `working_on` ends. An error that leaves the block takes them along, because
it is often logged further out.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial

_ids: ContextVar[dict[str, str | int]] = ContextVar("working_on", default={})  # noqa: B039 - never changed in place
_CARRIED_BY_ERRORS = "_scans_worked_on"


@contextmanager
def working_on(**ids: str | int | None) -> Iterator[None]:
    """Add these ids to each line that is logged in the block; None is left out."""
    token = _ids.set(_ids.get())
    also_working_on(**ids)
    try:
        yield
    except BaseException as error:
        if not hasattr(error, _CARRIED_BY_ERRORS):  # the innermost block knows most
            setattr(error, _CARRIED_BY_ERRORS, _ids.get())
        raise
    finally:
        _ids.reset(token)


def also_working_on(**ids: str | int | None) -> None:
    """Add these ids until the block ends that is open now; None is left out."""
    _ids.set(_ids.get() | {name: value for name, value in ids.items() if value is not None})


def ids_in_work() -> dict[str, str | int]:
    """The ids of what this thread works on."""
    return _ids.get()


def ids_of_error(error: object) -> dict[str, str | int]:
    """The ids of what was worked on when this error was raised; empty if it left no block, or is no error."""
    return getattr(error, _CARRIED_BY_ERRORS, {})


def in_this_context(function: Callable) -> Callable:
    """The function, for another thread, whose lines carry the ids of this one."""
    return partial(copy_context().run, function)

"""A database that fails, for this thread, while a test wants it to."""

from contextlib import contextmanager

from django.db import OperationalError, connections

ADDRESS = "10.98.76.54"
TEXT = f'connection failed: connection to server at "{ADDRESS}", port 5432 failed: Connection refused'


class Outage:
    """The connection of this thread, which fails while `is_on`."""

    def __init__(self, monkeypatch):
        self.is_on, self.failures = False, 0
        wrapper = connections["default"]
        for name in ("cursor", "commit"):
            monkeypatch.setattr(wrapper, name, self._failing(getattr(wrapper, name)))

    def _failing(self, really):
        def call(*args, **values):
            if self.is_on:
                self.failures += 1
                raise OperationalError(TEXT)
            return really(*args, **values)

        return call


@contextmanager
def every_write(seen):
    """Call `seen` with each statement that this thread writes with, before it is carried out."""

    def note(execute, sql, params, many, context):
        if sql.lstrip().split(" ", 1)[0].upper() in ("INSERT", "UPDATE", "DELETE"):
            seen(sql)
        return execute(sql, params, many, context)

    with connections["default"].execute_wrapper(note):
        yield

"""The stream that the logs of access and security are written to."""

import logging
import sys
from pathlib import Path

# The commands of manage.py that run until they are told to end; the standard output of all others is their answer.
SERVERS = {"run_web", "runserver", "run_scheduler", "run_worker", "testserver"}


class OutputHandler(logging.StreamHandler):
    """Writes to standard output; in a command whose output is its answer, such as JSON, to standard error."""

    @property
    def stream(self):
        """The stream as it is now, because programs and tests replace it."""
        return sys.stderr if answers_on_stdout(sys.argv) else sys.stdout

    @stream.setter
    def stream(self, stream) -> None:
        """Ignore the stream that the base class chooses."""


def answers_on_stdout(arguments: list[str]) -> bool:
    """Whether a process with these arguments is a command that prints an answer."""
    return Path(arguments[0]).name == "manage.py" and not SERVERS & set(arguments[1:2])

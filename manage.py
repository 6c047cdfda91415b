#!/usr/bin/env python
"""Django's command line for the dashboard."""

import os
import signal
import sys
import threading
import traceback

from django.core.management import execute_from_command_line

from scans.harmless import harmless


def main() -> None:
    """Run a command. On Ctrl-C, or when nobody reads on (`manage.py statuses | head -1`), it ends without a word."""
    try:
        try:
            execute_from_command_line(sys.argv)
        finally:
            _flush()
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        # The interpreter writes what is left once more at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        sys.exit(128 + signal.SIGPIPE)


def show_error(kind: type[BaseException], error: BaseException, trace) -> None:
    """Print the traceback of an error that nobody caught, in the place of Python: it may quote a site."""
    sys.stderr.write(harmless("".join(traceback.format_exception(kind, error, trace))))


def _flush() -> None:
    """Write what is left of the output, while a reader that went away can still be noticed."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass  # such as a disk that is full: the interpreter says so at its end, and ends by 120


if __name__ == "__main__":
    sys.excepthook = show_error
    threading.excepthook = lambda told: show_error(told.exc_type, told.exc_value, told.exc_traceback)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    main()

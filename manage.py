#!/usr/bin/env python
"""Django's command line for the dashboard."""

import os
import signal
import sys

from django.core.management import execute_from_command_line


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


def _flush() -> None:
    """Write what is left of the output, while a reader that went away can still be noticed."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        pass  # such as a disk that is full: the interpreter says so at its end, and ends by 120


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    main()

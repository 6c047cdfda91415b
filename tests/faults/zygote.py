"""Starts the product's processes fast: Django is loaded once, and each process is forked from here and runs a command.

One line of JSON on standard input starts one, and its process id is printed. Ends with its standard input.
"""

import json
import os
import signal
import sys
from datetime import timedelta

import django


def main() -> None:
    """Fork a process for each line."""
    django.setup()
    _load_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if not pid:
            _become(**order)
        print(pid, flush=True)


def _load_all() -> None:
    """Load what the commands import, so that a fork has it."""
    from django.core.management import get_commands, load_command_class

    for name in ("run_worker", "run_scheduler", "run_web"):
        load_command_class(get_commands()[name], name)


def _become(command: list[str], log: str, clock: float) -> None:
    """Run a command of manage.py as a process of its own; never returns."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        file = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, stream in enumerate((nothing, file, file)):
            os.dup2(stream, number)
        if clock:
            _set_clock(clock)
        from django.core.management import call_command

        call_command(*command)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _set_clock(seconds: float) -> None:
    """Let the clock of this process be off, as the product reads it."""
    from django.utils import timezone

    right = timezone.now
    timezone.now = lambda: right() + timedelta(seconds=seconds)


if __name__ == "__main__":
    main()

"""Runs manage.py commands one after the other in a process that is kept: a new one each time computes for a second.

Each line of standard input is a command's arguments as a JSON list; the line that answers it is a JSON list
of the exit code, standard output and standard error.
"""

import json
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import django
from django.core.management import ManagementUtility


def main() -> None:
    """Answer until standard input ends."""
    django.setup()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


def run(arguments: list[str]) -> tuple[int, str, str]:
    """Do what `manage.py` does with these arguments; returns its exit code and what it said."""
    code = 0
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        try:
            ManagementUtility(["manage.py", *arguments]).execute()
        except SystemExit as end:
            code = end.code or 0
        except Exception:
            code = 1
            traceback.print_exc()
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    main()

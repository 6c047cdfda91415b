"""One browser for one task: a child process with a time limit, of which nothing is left."""

import base64
import errno
import fcntl
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from scans import unprotected
from scans.browser import service
from scans.browser.base import Played, Task
from scans.browser.process import home_of_a_browser, run
from scans.engines.base import Cookie, Seed, Session
from scans.reasons import Reason

PLAYER, PRINTER = "player.py", "printer.py"
SECONDS = 60.0
SECONDS_TO_WAIT_FOR_THE_PRINTER = 10.0  # a request holds a thread of the web server meanwhile
_one_at_a_time = threading.Lock()  # a browser takes some 400 MB
_SECONDS_TO_SAY_SO = 15  # the child ends the task at its limit, and tells how far it got; it had to start before that


def play(task: Task, *, seconds: float = SECONDS) -> Played:
    """Do the task in a Chromium of its own; takes at most `seconds` and a few more. Never raises.

    The job goes over a pipe, never over the command line, and profile and processes are gone afterwards.
    """
    if not is_there():
        return Played(reason="browser_missing", detail=Reason("browser_missing"))
    if unprotected.is_refused():
        return Played(reason="browser_missing", detail=Reason("browser_as_root"))
    try:
        with _one_at_a_time, home_of_a_browser() as home:
            return _outcome(_run(PLAYER, _job(task, home, seconds), home, seconds + _SECONDS_TO_SAY_SO))
    except subprocess.TimeoutExpired as late:
        return _timed_out(late.output or b"", seconds)


class CannotPrint(Exception):
    """No PDF could be made; says why, and what to do."""


def print_page(page: str, *, seconds: float = SECONDS) -> bytes:
    """The page, a whole HTML document, as PDF. May raise CannotPrint.

    Takes at most `seconds`, after some while the report of somebody else is printed, by whatever process of this
    machine. No script of the page runs, and nothing that it names is fetched.
    """
    if not is_there():
        raise CannotPrint(_("No Chromium is installed where the dashboard runs: install it, or set SCANS_CHROMIUM."))
    if unprotected.is_refused():
        raise CannotPrint(str(unprotected.REFUSAL))
    try:
        with _printer(), home_of_a_browser() as home:
            job = json.dumps({"page": page, **_browser(home)}).encode()
            outputs = _run(PRINTER, job, home, seconds)
    except subprocess.TimeoutExpired:
        message = _("The PDF was not ready within {seconds} seconds.")
        raise CannotPrint(message.format(seconds=round(seconds))) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise CannotPrint(_("A PDF needs room on the disk, which is full: free some, then try again.")) from error
    if not outputs[0].startswith(b"%PDF"):
        raise CannotPrint(str(Reason("browser_ended", error=_why(outputs[1]))))
    return outputs[0]


@contextmanager
def _printer() -> Iterator[None]:
    """The right to print, of which there is one; its holder's end gives it back. Raises CannotPrint."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.VAR_DIR / "printing.lock").open("w") as lock:
        until = monotonic() + SECONDS_TO_WAIT_FOR_THE_PRINTER
        while not _locked(lock):
            if monotonic() > until:
                raise CannotPrint(_("Another PDF is being created: try again in a minute."))
            sleep(0.1)
        yield


def _locked(file: IO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_there() -> bool:
    """Return whether Chromium is installed."""
    return bool(settings.SCANS_CHROMIUM) and Path(settings.SCANS_CHROMIUM).exists()


def _browser(home: str) -> dict[str, str | bool]:
    """Return what a child needs to start the browser; Chromium refuses to run as root inside its sandbox."""
    as_root = os.geteuid() == 0 and not settings.SCANS_BROWSER_SOCKET
    sandbox = settings.SCANS_CHROMIUM_SANDBOX and not as_root
    return {"chromium": str(settings.SCANS_CHROMIUM), "sandbox": sandbox, "home": home}


def _why(said: bytes) -> Reason | str:
    """Return the last words of a child that ended without an answer; if the browser has no sandbox, what to do."""
    if b"sandboxing failed" in said:  # Playwright's words, for whatever Chromium says of it
        return Reason("browser_without_sandbox")
    lines = said.decode(errors="replace").strip().splitlines()
    of_the_browser = [line.partition("[err] ")[2] for line in lines if "[err] " in line]  # as Playwright quotes it
    last = (of_the_browser or lines)[-1:]
    return last[0][:300] if last else Reason("browser_said_nothing")


def _job(task: Task, home: str, seconds: float) -> bytes:
    values = {"task": asdict(task), **_browser(home), "verify": settings.SCANS_TLS_VERIFY}
    return json.dumps({**values, "seconds": seconds, "seconds_to_end": seconds + _SECONDS_TO_SAY_SO}).encode()


def _run(program: str, job: bytes, home: str, seconds: float) -> tuple[bytes, bytes]:
    """Run the child, here or in the browser service, and return both its outputs; raises TimeoutExpired as `run`."""
    if not settings.SCANS_BROWSER_SOCKET:
        return run(program, job, home, seconds)
    try:
        return service.ask(settings.SCANS_BROWSER_SOCKET, program, job, seconds)
    except (OSError, ValueError, KeyError) as error:
        return b"", f"The browser service at {settings.SCANS_BROWSER_SOCKET} does not answer: {error}".encode()


def _timed_out(said: bytes, seconds: float) -> Played:
    """Of a child that was killed: it says of each command of a script that it begins with it."""
    try:
        at = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        at = {}
    line, command = at.get("line", 0), at.get("command", "")
    detail = Reason("browser_timed_out", count=round(seconds))
    if line:
        detail = Reason("at_command", line=line, command=command, error=detail)
        detail = Reason("in_test", test=at.get("test", "")[:60], error=detail)
    return Played(reason="timed_out", detail=detail, line=line, command=command)


def _outcome(outputs: tuple[bytes, bytes]) -> Played:
    try:
        values = json.loads(outputs[0].splitlines()[-1])
        cookies = tuple(Cookie(**cookie) for cookie in values.pop("cookies"))
    except (ValueError, IndexError, KeyError):
        return Played(reason="browser_failed", detail=Reason("browser_ended", error=_why(outputs[1])))
    headers = tuple(map(tuple, values.pop("headers")))
    carried = {"user_agent": values.pop("user_agent"), "storage": values.pop("state")}
    session = Session(cookies=cookies, headers=headers, **carried)
    forms = tuple(Seed(**{**form, "fields": tuple(map(tuple, form["fields"]))}) for form in values.pop("forms"))
    values["detail"] = Reason.from_json(values["detail"])
    values |= {name: tuple(values[name]) for name in ("visited", "asked_for", "asked_as_member", "storage")}
    return Played(**{**values, "screenshot": base64.b64decode(values["screenshot"])}, session=session, forms=forms)

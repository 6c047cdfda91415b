"""Tasks for the browser, made of commands as a recorder writes them, and one browser that plays them."""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from scans.browser import Played, Task, parse, process, session
from tests.sites.guarded import PASSWORD, USER

SECONDS_TO_REACH_THE_LOOP = 8  # a browser's first page took more than one on a busy machine
SECONDS_UNTIL_IT_HANGS = 40  # beyond those of the task


class SharedBrowser:
    """A browser for all tests of this process: see shared.py. It starts with the first task."""

    def __init__(self):
        self.process, self.home = None, ""

    def play(self, task: Task, *, seconds: float = session.SECONDS) -> Played:
        """Do the task in a context of its own, as `scans.browser.play` does in a browser of its own."""
        self._start()
        guard = threading.Timer(seconds + SECONDS_UNTIL_IT_HANGS, self.process.kill)
        guard.start()
        try:
            self.process.stdin.write(session._job(task, self.home, seconds) + b"\n")
            self.process.stdin.flush()
            line = b""
            while b'"cookies"' not in line:  # the lines before it name the steps
                line = self.process.stdout.readline()
                assert line, "the shared browser ended over this task"
        except BaseException:
            self.end()
            raise
        finally:
            guard.cancel()
        return session._outcome((line, b""))

    def _start(self) -> None:
        if self.process is None:
            self.home = tempfile.mkdtemp(prefix="shared-browser-")
            program = Path(__file__).with_name("shared.py")
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            self.process = subprocess.Popen([sys.executable, str(program)], start_new_session=True, **pipes)

    def end(self) -> None:
        """End the browser, if there is one; the next task starts another."""
        if self.process is not None:
            process._kill_what_is_left(self.process, self.home)
            self.process.stdin.close()
            self.process.stdout.close()
            shutil.rmtree(self.home, ignore_errors=True)
            self.process = None


shared = SharedBrowser()
play = shared.play


def task(site, *commands, **values):
    targets = values.pop("targets", [])
    steps = [step(command, target, value, targets=targets) for command, target, value in commands]
    recording = parse(project(site, *steps)) if commands else None
    return Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=recording, **values)


def step(command, target="", value="", **more):
    """One command as a recorder writes it, with whatever else it notes beside it."""
    return {"id": "1", "comment": "", "command": command, "target": target, "targets": [], "value": value, **more}


def project(site, *steps, **more):
    """The text of a recording with one test of these steps."""
    tests = [{"id": "t", "name": "t", "commands": steps}]
    return json.dumps({"url": site.url, "tests": tests, "suites": [], **more})


def played(site, *steps, seconds=session.SECONDS, **more):
    """What happened when these steps were played; `more` is what else the recorder noted of the project."""
    recording = parse(project(site, *steps, **more))
    return play(Task(url=site.url, sites={site.url: ("127.0.0.1",)}, recording=recording), seconds=seconds)


LOGIN = (("open", "/login", ""), ("type", "css=[name=token] ~ [type=password]", PASSWORD), ("type", "name=user", USER))
PLANTED = "pl4nted-s3cret"

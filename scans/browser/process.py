"""Runs a child process with a browser: within a time and a memory limit, and nothing is left of it.

Standard library only, since the browser service imports it too.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time

HOMES = "scans-browser-"  # how the folders of browsers begin; sockets are made in them: no long path will do
SECONDS_UNTIL_LEFT_BEHIND = 600  # no browser lives that long
MOST_MEMORY = 4 * 1024**3  # bytes of child and browser together; what they share is counted in each process
SECONDS_BETWEEN_WEIGHINGS = 1.0
PROGRAMS = Path(__file__).parent
TOO_MUCH_MEMORY = b"The browser took too much memory and was ended."


@contextmanager
def home_of_a_browser() -> Iterator[str]:
    """A folder for one browser, gone afterwards; and with it those that killed processes left behind."""
    _remove_left_behind()
    home = tempfile.mkdtemp(prefix=HOMES)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _remove_left_behind() -> None:
    until = time() - SECONDS_UNTIL_LEFT_BEHIND
    for folder in Path(tempfile.gettempdir()).glob(f"{HOMES}*"):
        with suppress(OSError):  # another process was faster
            if folder.lstat().st_mtime < until:
                shutil.rmtree(folder, ignore_errors=True)


def run(program: str, job: bytes, home: str, seconds: float) -> tuple[bytes, bytes]:
    """Run a program of this folder on a job and return both its outputs; raises TimeoutExpired if it had to be killed.

    A child whose browser takes too much memory, as on a page that unpacks to gigabytes, is killed and said to be.
    """
    process = subprocess.Popen(
        [sys.executable, str(PROGRAMS / program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "TMPDIR": home},
        start_new_session=True,
    )
    weighing = _Weighing(process.pid, home)
    try:
        outputs = process.communicate(job, timeout=seconds)
    finally:
        weighing.ended.set()
        _kill_what_is_left(process, home)
    return (b"", TOO_MUCH_MEMORY) if weighing.too_much else outputs


class _Weighing(threading.Thread):
    """Ends a child and its browser when they take too much memory."""

    def __init__(self, pid: int, home: str):
        super().__init__(daemon=True)
        self._pid, self._home = pid, home
        self.ended, self.too_much = threading.Event(), False
        self.start()

    def run(self) -> None:
        while not self.ended.wait(SECONDS_BETWEEN_WEIGHINGS):
            groups = {self._pid, *_groups_of(self._home)}
            if memory_of(groups) > MOST_MEMORY and not self.ended.is_set():
                self.too_much = True
                _kill(groups)
                return


def memory_of(groups: set[int]) -> int:
    """Return the bytes of memory that the processes of these groups use."""
    pages = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            if os.getpgid(int(entry.name)) in groups:
                pages += int((entry / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _kill_what_is_left(process: subprocess.Popen, home: str) -> None:
    """The child's group, and its browser, which has a group of its own and is told by its profile's folder."""
    _kill({process.pid, *_groups_of(home)})
    process.wait()


def _kill(groups: set[int]) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _groups_of(home: str) -> set[int]:
    groups = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if home.encode() in (entry / "cmdline").read_bytes():
                groups.add(os.getpgid(int(entry.name)))
        except (OSError, ValueError):
            continue
    return groups

"""Starts, reads, commands and ends one engine process, for any engine that uses the protocol of wire.py."""

import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from scans.engines import wire
from scans.engines.base import Command, Job, NewLogin
from scans.engines.events import Ended, Event, FindingReported, LogLine, Outcome

LONGEST_LINE = 2 * 1024**2  # bytes
MOST_UNREAD = 16 * 1024**2  # bytes of events waiting to be read; beyond that the engine must wait
SECONDS_TO_EXIT_AFTER_ENDED = 5.0


def environment(directory: Path) -> dict[str, str]:
    """Return the environment of an engine process, which contains none of the product's settings and secrets.

    The names of files with trusted certificates are passed on: the engine trusts what the product trusts.
    """
    return {
        **{name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ},
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "TMPDIR": str(directory / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # without it Wapiti runs its modules in a different order each time
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
    }


class EngineProcess:
    """A base.EngineRun of a process with its own session and process group.

    One thread reads its stdout, another waits for its end. When the process has ended, everything left in its group is
    killed too. Its stderr is appended to `<directory>/engine.log`.
    """

    def __init__(
        self,
        argv: Sequence[str],
        job: Job,
        complete: Callable[[FindingReported], FindingReported] = lambda finding: finding,
    ):
        """Start `argv` on the job. `complete` may add known facts to each finding. Raises OSError."""
        (job.directory / "tmp").mkdir(parents=True, exist_ok=True)
        with open(job.directory / "engine.log", "ab") as log:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=job.directory,
                env=environment(job.directory.absolute()),
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._complete = complete
        self._events: deque[tuple[Event, int]] = deque()
        self._unread_bytes = 0
        self._changed = threading.Condition()
        self._reaping = threading.Lock()
        self._gone = threading.Event()
        self._closed = False
        self._said: Ended | None = None
        self._heard_at = time.monotonic()
        self._write(wire.job_to_line(job))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait, daemon=True).start()

    def events(self, timeout: float) -> list[Event]:
        """Return the events that have arrived, waiting at most `timeout` seconds for the first. Ended comes last."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._closed, timeout)
            arrived = [event for event, _ in self._events]
            self._events.clear()
            self._unread_bytes = 0
            self._changed.notify_all()
        return arrived

    def send(self, command: Command) -> None:
        """Send a command. A process that has ended is not an error, since Ended reports it."""
        self._write(wire.command_to_line(command))

    def log_in(self, login: NewLogin) -> None:
        """Send a new login. A process that has ended is not an error."""
        self._write(wire.login_to_line(login))

    def seconds_silent(self) -> float:
        """Return the seconds since the last readable event, or since the start if there was none."""
        return time.monotonic() - self._heard_at

    def end(self, grace_seconds: float) -> None:
        """End the whole process group: SIGTERM, then SIGKILL after the grace. Returns when all processes are gone."""
        self._signal(signal.SIGTERM)
        if not self._gone.wait(grace_seconds):
            self._signal(signal.SIGKILL)
            self._gone.wait()

    def _write(self, line: bytes) -> None:
        with suppress(BrokenPipeError, ValueError):  # gone, or we closed it because it is gone
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _signal(self, number: int) -> None:
        # The lock prevents a signal to a process id that was reaped and reused.
        with self._reaping:
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, number)

    def _read(self) -> None:
        with self._process.stdout as stdout:
            while line := stdout.readline(LONGEST_LINE):
                if not line.endswith(b"\n") and len(line) == LONGEST_LINE:
                    self._skip_rest_of_line()
                    self._unreadable(line, f"longer than {LONGEST_LINE} bytes")
                else:
                    self._take(line)

    def _skip_rest_of_line(self) -> None:
        while more := self._process.stdout.readline(LONGEST_LINE):
            if more.endswith(b"\n"):
                return

    def _take(self, line: bytes) -> None:
        try:
            event = wire.event_from_line(line)
        except ValueError as error:
            self._unreadable(line, str(error))
            return
        if self._said:
            self._unreadable(line, "after the end")
            return
        self._heard_at = time.monotonic()
        if isinstance(event, Ended):
            self._said = event
            self._kill_unless_it_exits()
        else:
            self._put(self._complete(event) if isinstance(event, FindingReported) else event, len(line))

    def _unreadable(self, line: bytes, why: str) -> None:
        start = wire.plain_text(line[:200].decode("utf-8", "replace").strip())
        self._put(LogLine(level="warning", text=f"unreadable line from the engine: {why}: {start}"), 500)

    def _put(self, event: Event, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._unread_bytes < MOST_UNREAD or self._gone.is_set())
            if not self._closed:
                self._events.append((event, size))
                self._unread_bytes += size
                self._changed.notify_all()

    def _kill_unless_it_exits(self) -> None:
        timer = threading.Timer(SECONDS_TO_EXIT_AFTER_ENDED, self._signal, [signal.SIGKILL])
        timer.daemon = True
        timer.start()

    def _wait(self) -> None:
        # While the process is not reaped (WNOWAIT), its id still names the group, so the rest of the group can be
        # killed.
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._signal(signal.SIGKILL)
        with self._reaping:
            code = self._process.wait()
        with self._changed:
            self._gone.set()
            self._changed.notify_all()
        self._reader.join(timeout=2)  # longer only if something outside the group keeps the pipe open
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._put(self._said or _crashed(code), 0)
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _crashed(code: int) -> Ended:
    if code >= 0:
        return Ended(outcome=Outcome.CRASHED, reason="engine_exited", facts={"exit_code": code})
    facts = {"signal": signal.Signals(-code).name}
    return Ended(outcome=Outcome.CRASHED, reason="engine_killed", facts=facts)

"""The running product as many processes on one host or several, each started again when it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_STARTS = 1000  # of a run of 300 faults some 300; with more, something ends them at their start
SECONDS_BETWEEN_LOOKS = 0.5  # at processes that ended; then they are started again


class Host:
    """Where processes run: this machine, or a network namespace of it that `prefix` enters."""

    def __init__(self, environment: dict[str, str], folder: Path, prefix: Sequence[str] = ()):
        self._folder, self._lock = folder, threading.Lock()
        self._zygote = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.faults.zygote"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._zygote.stdout.readline() != "ready\n":
            raise RuntimeError("The processes cannot be started.")

    def start(self, name: str, command: Sequence[str], clock: float = 0) -> int:
        """Start a command of manage.py and return its process id."""
        order = {"command": list(command), "log": str(self._folder / f"{name}.log"), "clock": clock}
        with self._lock:
            self._zygote.stdin.write(json.dumps(order) + "\n")
            self._zygote.stdin.flush()
            return int(self._zygote.stdout.readline())

    def end(self) -> None:
        """Start nothing any more."""
        self._zygote.stdin.close()
        self._zygote.wait(20)


COMMANDS = {
    "web": ["run_web"],
    "scheduler": ["run_scheduler"],
    "scans": ["run_worker", "--queue", "scans"],
    "checks": ["run_worker", "--queue", "checks"],
}


@dataclass
class Part:
    """One process of the product, and the ones that take its place when it ends."""

    kind: str
    name: str
    host: Host
    pid: int = 0
    clock: float = 0
    struck: threading.Lock = field(default_factory=threading.Lock)  # held by the fault that it suffers
    held: tuple[int, str] | None = None  # the URL scan that it held when it was struck, and the lease's holder

    def start(self) -> None:
        """Start it."""
        self.pid = self.host.start(self.name, COMMANDS[self.kind], self.clock)

    @property
    def is_alive(self) -> bool:
        """Whether its process is there."""
        return self.pid != 0 and _exists(self.pid)

    def send(self, number: int) -> None:
        """Send a signal to its process, if it is there."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Parts:
    """All processes of the product. A thread starts each again that has ended, as a process manager does."""

    def __init__(self, parts: Sequence[Part]):
        self.all = list(parts)
        self.starts = 0
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def of(self, *kinds: str) -> list[Part]:
        """The parts of these kinds."""
        return [part for part in self.all if part.kind in kinds]

    def _keep(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_LOOKS):
            for part in self.all:
                if not part.is_alive and not self._over.is_set():
                    part.start()
                    self.starts += 1
            if self.starts > MOST_STARTS:
                print("The processes end by themselves: see their logs (FAULTS_LOGS names a folder for them).")
                os.kill(os.getpid(), signal.SIGTERM)
                return

    @contextmanager
    def running(self) -> Iterator[Parts]:
        """Start all; end all."""
        for part in self.all:
            part.start()
        self._keeper.start()
        try:
            yield self
        finally:
            self._over.set()
            self._keeper.join()
            self._end()

    def _end(self) -> None:
        for number in (signal.SIGCONT, signal.SIGTERM):
            for part in self.all:
                part.send(number)
        deadline = time.monotonic() + 30
        while any(part.is_alive for part in self.all) and time.monotonic() < deadline:
            time.sleep(0.1)
        for part in self.all:
            part.send(signal.SIGKILL)

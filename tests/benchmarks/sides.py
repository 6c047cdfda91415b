"""Two things measured in turns, so that whatever else the machine does, it does to both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import monotonic

from tests.benchmarks.databases import ROOT, Database

WARM_UP = 3
TIMES = 30
# A side that is slower than others by orders of magnitude would take all evening: it is asked less often.
SECONDS_FOR_A_SIDE = 12
LEAST_TIMES = 3


class Side:
    """The process that answers for one database."""

    def __init__(self, database: Database):
        self.database = database
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.side"],
            cwd=ROOT,
            env=database.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, do: str, **values) -> dict:
        """Have a command done; raises RuntimeError when the process has ended, its error is on stderr."""
        self.ask(do, **values)
        return self.answer()

    def ask(self, do: str, **values) -> None:
        """Begin a command; `answer` waits for its end."""
        print(json.dumps({"do": do, **values}), file=self._process.stdin, flush=True)

    def answer(self) -> dict:
        """What the command that was begun says."""
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The side of {self.database.kind} has ended.")
        return json.loads(answer)

    def end(self) -> None:
        """Nothing more is asked."""
        self._process.stdin.close()
        self._process.wait(10)


@contextmanager
def opened(*databases: Database) -> Iterator[list[Side]]:
    """A side for each database, ended in the end."""
    sides = [Side(database) for database in databases]
    try:
        yield sides
    finally:
        for side in sides:
            side.end()


@dataclass(frozen=True)
class Measured:
    """Medians in milliseconds, bytes sent, and how often each was measured."""

    ms: float
    bytes: int
    times: int


def request(side: Side, path: str, *, htmx: bool = False, expect: int = 200) -> Callable[[], dict]:
    """A request to be measured; raises RuntimeError when it is answered otherwise than expected."""

    def make() -> dict:
        answer = side("get", path=path, htmx=htmx)
        if answer["status"] != expect:
            raise RuntimeError(f"{path} on {side.database.kind} answers {answer['status']} instead of {expect}.")
        return answer

    return make


def in_turns(*things: Callable[[], dict]) -> list[Measured]:
    """Warm each up, then measure them alternating, 30 times; a very slow one less often, but 3 times at least."""
    seconds = [_warm_up(thing) for thing in things]
    times = [max(LEAST_TIMES, min(TIMES, int(SECONDS_FOR_A_SIDE / (each or 0.001)))) for each in seconds]
    answers: list[list[dict]] = [[] for _ in things]
    for turn in range(TIMES):
        for thing, most, into in zip(things, times, answers, strict=True):
            if turn * most // TIMES != (turn + 1) * most // TIMES:  # spread evenly
                into.append(thing())
    return [_summed_up(each) for each in answers]


def _warm_up(thing: Callable[[], dict]) -> float:
    """Seconds of the last of a few."""
    for _ in range(WARM_UP):
        began = monotonic()
        thing()
        if (seconds := monotonic() - began) > 1:
            break
    return seconds


def _summed_up(answers: list[dict]) -> Measured:
    return Measured(median(each["ms"] for each in answers), answers[-1].get("bytes", 0), len(answers))

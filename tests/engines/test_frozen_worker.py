"""A worker that is frozen: its engine ends by itself, before another worker's scans the same site beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.engines.conftest import ROOT
from tests.engines.test_process import alive_in_group
from tests.eventually import eventually

pytestmark = pytest.mark.process

SECONDS_TO_STAY = 3
# Tells its engine to stay, for longer than that one stays by itself; then freezes.
WORKER = """
import os, signal, sys, time
from pathlib import Path
from scans.engines.base import Command, Job
from scans.engines.events import Ended
from tests.engines.fake.adapter import FakeEngine
from scans.engines.wapiti.adapter import WapitiEngine
python, url, directory, seconds = sys.argv[1:]
engine = WapitiEngine(Path(python)) if python else FakeEngine([{"do": "run", "seconds": 60}])
resolve = {"127.0.0.1": ("127.0.0.1",)}
run = engine.start(Job(url=url, directory=Path(directory), resolve=resolve, seconds_to_stay=float(seconds)))
said = []
for _ in range(60):
    said += run.events(0.1)
    run.send(Command.STAY)
    time.sleep(0.05)
print(run.pid, any(isinstance(event, Ended) for event in said), flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
while not (ends := [event.outcome for event in run.events(1) if isinstance(event, Ended)]):
    pass
print(*ends, flush=True)
"""


def state(pid: int) -> str:
    """A process' state as the kernel calls it: T is stopped."""
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0]


@pytest.mark.parametrize("kind", ["fake", pytest.param("real", marks=pytest.mark.engine)])
def test_the_engine_of_a_frozen_worker_ends_while_that_one_is_frozen(request, kind, tmp_path):
    python, url = "", "http://127.0.0.1:9/"
    if kind == "real":
        python, site = request.getfixturevalue("wapiti").python, request.getfixturevalue("weak_site")(delay=0.1)
        url = site.url
    arguments = [str(python), url, str(tmp_path / "scan"), str(SECONDS_TO_STAY)]
    command = [sys.executable, "-c", WORKER, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as worker:
        try:
            group, ended = worker.stdout.readline().split()
            assert ended == "False" and alive_in_group(int(group))  # though it stays no longer than that by itself
            eventually(lambda: not alive_in_group(int(group)), seconds=60)
            assert state(worker.pid) == "T"
            os.kill(worker.pid, signal.SIGCONT)
            assert worker.stdout.readline().split() == ["orphaned"]
        finally:
            worker.kill()

"""A short form of `make faults`: real processes suffer one fault of most kinds, and nothing is wrong afterwards."""

import json
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from tests.faults.postgres import binaries

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]
LEFT_OUT = ("lock held for over 20 seconds", "disk full")  # the one is long, the other needs root


def test_one_fault_of_each_kind_loses_nothing_and_leaves_every_invariant_true(tmp_path):
    database = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    if database == "PostgreSQL" and not binaries():
        pytest.skip("no PostgreSQL server is installed here: this one is killed and started again")
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.faults", f"--database={database}", f"--json={figures}"]
    command += ["--faults=18", "--every=1", "--lease=8", "--seed=5", *(f"--without={kind}" for kind in LEFT_OUT)]
    run = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)
    assert figures.exists(), run.stdout + run.stderr
    told = json.loads(figures.read_text())
    assert sum(told["faults"].values()) >= 12, run.stdout
    assert (told["violations"], told["lost"], told["degraded"]) == ([], [], [])
    assert told["scans"] and told["samples"]

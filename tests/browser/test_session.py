"""A browser starts, ends in time, and leaves nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from scans.browser import play, session
from scans.browser.process import HOMES, PROGRAMS
from tests.browser.playing import SECONDS_TO_REACH_THE_LOOP, task
from tests.eventually import eventually

pytestmark = pytest.mark.browser


def processes() -> str:
    """The command lines of all processes of this machine."""
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_an_endless_loop_is_ended_in_time_and_nothing_is_left(site, monkeypatch):
    ours = tempfile.mkdtemp()  # browsers of other tests run beside this one; a longer path is none for sockets
    monkeypatch.setattr("tempfile.tempdir", ours)
    monkeypatch.setattr(session, "_SECONDS_TO_SAY_SO", 5)
    endless = task(site, ("open", "/login", ""), ("executeScript", "while (true) {}", ""))
    played = play(endless, seconds=SECONDS_TO_REACH_THE_LOOP)
    assert (played.reason, played.line, played.command) == ("timed_out", 2, "executeScript")
    assert str(played.detail).startswith("In the test “t”: Command 2, executeScript: ")
    assert ours not in processes()
    os.rmdir(ours)  # raises where something is left in it


def test_what_a_killed_worker_left_of_a_browser_goes_with_the_next_one(site, monkeypatch):
    ours = Path(tempfile.mkdtemp())
    monkeypatch.setattr("tempfile.tempdir", str(ours))
    left, in_use, somebody_s = ours / f"{HOMES}left", ours / f"{HOMES}in-use", ours / "browser-x"
    for folder in (left, in_use, somebody_s):
        (folder / "Default").mkdir(parents=True)
    for folder in (left, somebody_s):
        os.utime(folder, (0, 0))
    assert play(task(site, ("open", "/login", ""))).ok
    assert set(ours.iterdir()) == {in_use, somebody_s}
    shutil.rmtree(ours)


def test_a_browser_whose_worker_was_killed_ends_by_itself(site, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "_SECONDS_TO_SAY_SO", 5)
    endless = task(site, ("open", "/login", ""), ("executeScript", "while (true) {}", ""))
    job = session._job(endless, str(tmp_path), SECONDS_TO_REACH_THE_LOOP)
    answer = subprocess.run(
        [sys.executable, str(PROGRAMS / session.PLAYER)], input=job, capture_output=True, timeout=60
    )
    assert answer.returncode == 1, answer.stdout  # what it says, it says only where it was not held in the loop
    eventually(lambda: str(tmp_path) not in processes(), seconds=10)  # its Chromium notices that it is alone


def test_the_browser_runs_in_its_sandbox_unless_it_is_told_not_to(site, settings, monkeypatch):
    really_root = os.geteuid() == 0
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    played = play(task(site, ("open", "/", "")))
    assert "cannot make its sandbox" in str(played.detail) if really_root else played.ok  # Chromium makes none for root
    settings.SCANS_CHROMIUM_SANDBOX = False
    assert play(task(site, ("open", "/", ""))).ok


@pytest.mark.parametrize(
    ("last_words", "told"),
    [
        ("FATAL:zygote_host_impl_linux.cc: No usable sandbox! See the docs.", "SCANS_CHROMIUM_SANDBOX=false"),
        ("error while loading shared libraries: libnss3.so", "unexpectedly: error while loading shared libraries"),
    ],
)
def test_a_browser_that_does_not_start_says_why(site, settings, tmp_path, last_words, told):
    settings.SCANS_CHROMIUM = tmp_path / "chromium"
    settings.SCANS_CHROMIUM.write_text(f"#!/bin/sh\necho '{last_words}' >&2; exit 1\n")
    settings.SCANS_CHROMIUM.chmod(0o755)
    played = play(task(site, ("open", "/", "")))
    assert played.reason == "browser_failed" and told in str(played.detail)


def test_a_browser_that_dies_over_a_command_says_why():
    played = session._outcome((b'{"line": 1, "command": "open"}\n', b"MemoryError\n"))
    assert played.reason == "browser_failed" and "MemoryError" in str(played.detail)


def test_without_a_browser_it_is_said_which_one_is_missing(site, settings):
    settings.SCANS_CHROMIUM = "/nowhere/chromium"
    assert play(task(site)).reason == "browser_missing"

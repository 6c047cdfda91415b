"""The child process of a browser: its time, its memory, its end."""

import os
import subprocess

import pytest

from scans.browser import process
from scans.browser.process import home_of_a_browser, memory_of, run

pytestmark = pytest.mark.process


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A function that makes a program of these lines."""
    monkeypatch.setattr(process, "PROGRAMS", tmp_path)
    monkeypatch.setattr(process, "SECONDS_BETWEEN_WEIGHINGS", 0.05)

    def write(*lines):
        (tmp_path / "program.py").write_text("\n".join(lines))
        return "program.py"

    return write


def test_a_long_job_arrives_whole_and_both_outputs_come_back(program):
    echo = program("import sys, time", "time.sleep(0.3)", "sys.stdout.write(sys.stdin.read())", "sys.stderr.write('!')")
    job = b"x" * 1_000_000
    with home_of_a_browser() as home:
        assert run(echo, job, home, 30) == (job, b"!")
    assert not os.path.exists(home)


def test_a_child_that_is_late_is_ended_and_its_words_are_kept(program):
    late = program("import time", "print('so far', flush=True)", "time.sleep(60)")
    with home_of_a_browser() as home, pytest.raises(subprocess.TimeoutExpired) as error:
        run(late, b"", home, 2)
    assert error.value.output == b"so far\n"


def test_a_child_whose_browser_takes_too_much_memory_is_ended_and_said_to_be(program, monkeypatch):
    monkeypatch.setattr(process, "MOST_MEMORY", 100 * 1024**2)
    bomb = program("import time", "much = b'x' * 300 * 1024**2", "time.sleep(60)")
    with home_of_a_browser() as home:
        assert run(bomb, b"", home, 50) == (b"", process.TOO_MUCH_MEMORY)


def test_memory_is_that_of_the_processes_of_these_groups():
    assert memory_of({os.getpgrp()}) > 1024**2 and memory_of(set()) == 0


def test_a_child_gets_none_of_our_environment(program, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "ours")
    tell = program("import os", "print(sorted(os.environ))")
    with home_of_a_browser() as home:
        names = run(tell, b"", home, 30)[0].decode()
    assert "SECRET_KEY" not in names and "HOME" in names

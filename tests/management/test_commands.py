"""All commands of manage.py: their messages to a reader that goes away."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest

from tests.eventually import eventually

pytestmark = pytest.mark.process


BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize("command", [["statuses"], ["statuses", "--json"], ["show", "--help"]], ids=" ".join)
def test_a_reader_that_goes_away_ends_a_command_without_a_word(command):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as output:
        ended = subprocess.run(
            [sys.executable, "manage.py", *command],
            env=BUFFERED,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.stderr, ended.returncode) == ("", 128 + signal.SIGPIPE)


def test_a_reader_of_both_outputs_that_goes_away_ends_a_command_in_the_same_way():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as output:
        ended = subprocess.run(
            [sys.executable, "manage.py", "no_such_command"], env=BUFFERED, stdout=output, stderr=output, check=False
        )
    assert ended.returncode == 128 + signal.SIGPIPE


def test_output_that_cannot_be_written_is_said_without_a_traceback_and_not_by_the_code_of_findings():
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [sys.executable, "manage.py", "show", "--help"],
            env=BUFFERED,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 120 and "No space left on device" in ended.stderr and "Traceback" not in ended.stderr


def test_control_c_ends_a_command_without_a_traceback(tmp_path):
    os.mkfifo(tmp_path / "login")
    asking = [sys.executable, "manage.py", "submit", "--name", "Shop", "http://127.0.0.1:9/", "--login"]
    command = subprocess.Popen(
        [*asking, str(tmp_path / "login")],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )
    with open(tmp_path / "login", "w"):  # opens when the command does
        eventually(lambda: waits(command.pid))
        command.send_signal(signal.SIGINT)
        said = command.communicate(timeout=30)[1]
    assert (said, command.returncode) == ("", 128 + signal.SIGINT)


def waits(pid):
    """Whether a process does nothing for a while."""
    seen = set()
    for _ in range(5):
        state, *numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        seen.add((state, *numbers[10:12]))  # the processor time it took
        sleep(0.1)
    return len(seen) == 1 and state == "S"

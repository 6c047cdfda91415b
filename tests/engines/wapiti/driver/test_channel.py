"""The driver's messages to the product: events on one pipe, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.engines.wapiti.driver.test_network import DRIVER_FOLDER

pytestmark = pytest.mark.process

BREAKS = f"""
import sys, traceback
sys.path.insert(0, {str(DRIVER_FOLDER)!r})
from channel import Channel
channel = Channel()
channel.secrets.add('owl"s password')
channel.secrets.add("of two\\nlines")
print("looked at", 'owl"s password')
print("of two\\nlines")
try:
    raise ValueError('owl"s password is wrong')
except ValueError:
    traceback.print_exc()
channel.log("info", "x" * 7992 + 'owl"s password')
channel.end("technical", "y" * 1992 + 'owl"s password')
"""


def test_what_the_engine_prints_and_its_tracebacks_are_events_without_secrets():
    done = subprocess.run([sys.executable, "-B", "-c", BREAKS], capture_output=True, text=True, timeout=60, check=True)
    *said, end = (json.loads(line) for line in done.stdout.splitlines())
    assert {event["event"] for event in said} == {"log"} and end["event"] == "ended"
    texts = [event["text"] for event in said]
    assert texts[:2] == ["looked at ***", "***"] and texts[-2] == "ValueError: *** is wrong"
    assert texts[-1][-4:] == "x***" and end["reason"][-4:] == "y***"  # masked before it is cut
    assert (
        "owl" not in done.stdout and "lines" not in done.stdout and "password" not in done.stdout and done.stderr == ""
    )

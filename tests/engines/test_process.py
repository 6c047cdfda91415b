"""Process control, with real processes that play a script."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scans.engines.base import Command
from scans.engines.events import Ended, LogLine, Outcome, Progress, Started, UrlCrawled
from scans.engines.process import MOST_UNREAD, EngineProcess, environment
from scans.engines.wire import event_to_line
from tests.engines.fake.adapter import FakeEngine
from tests.eventually import eventually

pytestmark = pytest.mark.process

STARTED = Started(engine="Fake", version="1")
ROOT = Path(__file__).parents[2]


def do(what: str, **values) -> dict:
    return {"do": what, **values}


def test_events_arrive_in_order_and_the_end_last(start, job):
    crawled = UrlCrawled(method="GET", url="http://h/ü", status=200)
    heard = start(FakeEngine([STARTED, crawled, do("run", seconds=0.1)]), job())
    assert heard.to_the_end() == Ended(outcome=Outcome.COMPLETED)
    assert heard.events[:2] == [STARTED, crawled]
    assert isinstance(heard.events[2], Progress)
    assert heard.run.events(0) == []


def test_a_process_that_exits_without_a_word_has_crashed(start, job):
    heard = start(FakeEngine([STARTED, do("exit", code=3)]), job())
    assert heard.to_the_end().outcome == Outcome.CRASHED
    assert heard.events[-1].facts == {"exit_code": 3}


def test_exit_code_zero_without_a_word_is_a_crash_too(start, job):
    assert start(FakeEngine([do("exit", code=0)]), job()).to_the_end().outcome == Outcome.CRASHED


def test_a_killed_process_is_a_crash_that_names_the_signal(start, job):
    ended = start(FakeEngine([STARTED, do("kill", signal=9)]), job()).to_the_end()
    assert ended == Ended(outcome=Outcome.CRASHED, reason="engine_killed", facts={"signal": "SIGKILL"})


def test_what_was_said_before_a_kill_from_outside_is_delivered(start, job):
    heard = start(FakeEngine([STARTED, do("sleep", seconds=60)]), job())
    heard.until(lambda event: event == STARTED)
    os.kill(heard.run.pid, signal.SIGKILL)
    assert heard.to_the_end().outcome == Outcome.CRASHED


def test_an_engine_that_hangs_is_silent_and_one_that_beats_is_not(start, job):
    hung = start(FakeEngine([STARTED, do("sleep", seconds=60)]), job())
    hung.until(lambda event: event == STARTED)
    beating = start(FakeEngine([do("run", seconds=60)]), job())
    beating.until(lambda event: isinstance(event, Progress))
    eventually(lambda: hung.run.seconds_silent() > 0.5)
    beating.run.events(0)
    for _ in range(2):  # the first may have been heard before this moment, the second was not
        beating.until(lambda event: isinstance(event, Progress))
    assert beating.run.seconds_silent() < hung.run.seconds_silent() - 0.5


@pytest.mark.parametrize(
    "rubbish",
    [
        "Segmentation fault\n",
        "\n",
        "[]\n",
        "null\n",
        '{"event": "surprise"}\n',
        '{"event": ["started"]}\n',
        '{"event": "started", "engine": "x"}\n',
        '{"event": "started", "engine": "x", "version": 3}\n',
        '{"event": "ended", "outcome": "well"}\n',
        '{"event": "ended", "outcome": {}}\n',
        '{"event": "progress", "phase": "crawl", "requests": true}\n',
        '{"event": "progress", "phase": "crawl", "speed": 1}\n',
        '{"event": "finding"}\n',
        "[" * 100_000 + "\n",
        "\x00\x01\n",
    ],
)
def test_rubbish_becomes_a_warning_in_the_log(start, job, rubbish):
    heard = start(FakeEngine([do("write", text=rubbish), STARTED]), job())
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    warning, started, _ = heard.events
    assert isinstance(warning, LogLine) and warning.level == "warning"
    assert warning.text.startswith("unreadable line from the engine: ")
    assert started == STARTED


def test_a_line_of_three_megabytes_is_reported_and_skipped(start, job):
    script = [do("write", text="x" * 1024, times=3 * 1024), do("write", text="\n"), STARTED]
    heard = start(FakeEngine(script), job())
    heard.to_the_end()
    warning, started, _ = heard.events
    assert "longer than 2097152 bytes" in warning.text and len(warning.text) < 500
    assert started == STARTED


def test_a_flood_that_nobody_reads_is_held_back_and_not_lost(start, job):
    line = event_to_line(LogLine(level="info", text="x" * 60_000)).decode()
    heard = start(FakeEngine([do("write", text=line, times=1000)]), job())
    eventually(lambda: heard.run._unread_bytes >= MOST_UNREAD)
    time.sleep(0.2)  # in which more would come
    assert heard.run._unread_bytes < MOST_UNREAD + 1024**2
    assert heard.to_the_end().outcome == Outcome.COMPLETED
    assert len(heard.of(LogLine)) == 1000


def test_texts_that_no_database_takes_are_cleaned(start, job):
    heard = start(FakeEngine([LogLine(level="info", text="a\x00b\ud800c")]), job())
    heard.to_the_end()
    assert heard.events[0].text == "a\ufffdb?c"


def test_words_after_the_end_do_not_count(start, job):
    said = Ended(outcome=Outcome.STOPPED)
    heard = start(FakeEngine([said, STARTED, Ended(outcome=Outcome.COMPLETED)]), job())
    assert heard.to_the_end() == said
    assert not heard.of(Started)
    assert len(heard.of(Ended)) == 1


def test_a_process_that_says_the_end_but_stays_is_killed(start, job, monkeypatch):
    monkeypatch.setattr("scans.engines.process.SECONDS_TO_EXIT_AFTER_ENDED", 0.3)
    heard = start(FakeEngine([Ended(outcome=Outcome.COMPLETED), do("sleep", seconds=60)]), job())
    assert heard.to_the_end().outcome == Outcome.COMPLETED


@pytest.mark.parametrize(
    ("command", "outcome"),
    [
        (Command.STOP, Outcome.STOPPED),
        (Command.EXPIRE, Outcome.EXPIRED),
        (Command.CHECKPOINT, Outcome.CHECKPOINTED),
    ],
)
def test_commands_reach_the_process(start, job, command, outcome):
    heard = start(FakeEngine([do("run", seconds=60)]), job())
    heard.run.send(command)
    assert heard.to_the_end().outcome == outcome


def test_pause_is_confirmed_and_resume_goes_on(start, job):
    heard = start(FakeEngine([do("run", seconds=0.6)]), job())
    heard.run.send(Command.PAUSE)
    heard.until(lambda event: isinstance(event, Progress) and event.paused)
    heard.run.send(Command.RESUME)
    assert heard.to_the_end().outcome == Outcome.COMPLETED


def test_a_command_to_a_process_that_is_gone_is_no_error(start, job):
    heard = start(FakeEngine([do("exit", code=1)]), job())
    heard.to_the_end()
    heard.run.send(Command.STOP)
    heard.run.end(1)


def test_end_ends_a_process_that_ignores_sigterm(start, job):
    heard = start(FakeEngine([do("ignore_sigterm"), STARTED, do("sleep", seconds=60)]), job())
    heard.until(lambda event: event == STARTED)
    began = time.monotonic()
    heard.run.end(0.5)
    assert 0.4 < time.monotonic() - began < 30
    assert heard.to_the_end().facts == {"signal": "SIGKILL"}


def test_end_needs_no_more_than_sigterm_where_that_is_heeded(start, job):
    heard = start(FakeEngine([STARTED, do("sleep", seconds=60)]), job())
    heard.until(lambda event: event == STARTED)
    began = time.monotonic()
    heard.run.end(50)
    assert time.monotonic() - began < 30
    assert heard.to_the_end().facts == {"signal": "SIGTERM"}


def test_a_child_left_behind_is_killed_with_its_group(start, job):
    heard = start(FakeEngine([do("child", seconds=60), do("exit", code=0)]), job())
    assert heard.to_the_end().outcome == Outcome.CRASHED
    eventually(lambda: not alive_in_group(heard.run.pid), seconds=10)  # a killed process dies when it is its turn


def test_an_engine_whose_worker_dies_ends_by_itself(job):
    program = """
import sys, time
from pathlib import Path
from scans.engines.base import Job
from tests.engines.fake.adapter import FakeEngine
run = FakeEngine([{"do": "run", "seconds": 60}]).start(Job(url="http://h/", directory=Path(sys.argv[1]), resolve={}))
print(run.pid, flush=True)
time.sleep(60)
"""
    worker = subprocess.Popen(
        [sys.executable, "-c", program, str(job().directory)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    engine_group = int(worker.stdout.readline())
    assert alive_in_group(engine_group)
    worker.kill()
    worker.communicate()
    eventually(lambda: not alive_in_group(engine_group), seconds=30)


def alive_in_group(group: int) -> list[str]:
    """The processes of a group that run; ended ones that nobody has reaped yet (Z) do not."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(process_group) == group and state != "Z":
            found.append(stat.parent.name)
    return found


def test_the_engine_inherits_no_secret(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", "postgres://u:hush@h/d")
    assert "hush" not in str(environment(tmp_path))
    assert environment(tmp_path)["HOME"] == str(tmp_path)


def test_what_the_process_writes_to_stderr_is_appended_to_the_engine_log(start, job):
    for _ in range(2):
        start(FakeEngine([do("nonsense")]), job()).to_the_end()
    log = (job().directory / "engine.log").read_text()
    assert log.count("KeyError: 'nonsense'") == 2


def test_a_program_that_is_not_there_raises_os_error(job):
    with pytest.raises(OSError, match="no-such-program"):
        EngineProcess(["/no-such-program"], job())

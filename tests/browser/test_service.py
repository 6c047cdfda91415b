"""The browser service, which runs as another user: what it runs, who may ask it, what it answers."""

import json
import os
import stat
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest

from scans.browser import Task, play, process, service, session
from scans.exports.report import print_page

TASK = Task(url="http://127.0.0.1:9/", sites={"http://127.0.0.1:9/": ("127.0.0.1",)})


@pytest.fixture
def listening(tmp_path, monkeypatch):
    """A function that starts the service with a player of these lines; returns the path of its socket."""
    monkeypatch.setattr(process, "PROGRAMS", tmp_path)
    started = []

    def start(*lines):
        (tmp_path / "player.py").write_text("\n".join(lines))
        path = f"{tempfile.mkdtemp()}/socket"  # the path of a socket is short
        started.append(service.Service(path))
        threading.Thread(target=started[-1].serve_forever, args=(0.02,), daemon=True).start()
        return path

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


def test_a_job_runs_in_a_home_of_the_service_and_its_outputs_come_back(listening):
    path = listening("import sys", "sys.stdout.write(sys.stdin.read())", "sys.stderr.write('!')")
    output, errors = service.ask(path, "player.py", b'{"home": "/of/the/client", "a": 1}', 30)
    told = json.loads(output)
    assert errors == b"!" and told["a"] == 1 and Path(told["home"]).name.startswith(process.HOMES)
    assert not Path(told["home"]).exists()


def test_a_job_that_is_late_is_told_as_such(listening):
    path = listening("import time", "print('so far', flush=True)", "time.sleep(60)")
    with pytest.raises(subprocess.TimeoutExpired) as error:
        service.ask(path, "player.py", b"{}", 2)
    assert error.value.output == b"so far\n"


@pytest.mark.parametrize("program", ["../../manage.py", "/bin/sh", "session.py"])
def test_no_other_program_is_run(listening, program):
    with pytest.raises(ValueError):
        service.ask(listening("print(1)"), program, b"{}", 30)


def test_only_its_user_and_group_may_ask(listening):
    assert stat.S_IMODE(os.stat(listening("")).st_mode) == 0o660


def test_it_does_not_run_as_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SystemExit, match="must not run as root"):
        service.main()


def test_the_product_asks_the_service_and_not_a_process_of_its_own(listening, settings, monkeypatch):
    settings.SCANS_CHROMIUM = "/bin/true"
    settings.SCANS_BROWSER_SOCKET = listening("import sys", "sys.exit('as the service says')")
    monkeypatch.setattr(session, "run", None)
    assert "as the service says" in str(play(TASK).detail)


def test_a_service_that_is_away_is_named(settings):
    settings.SCANS_CHROMIUM, settings.SCANS_BROWSER_SOCKET = "/bin/true", "/nowhere/socket"
    assert "The browser service at /nowhere/socket does not answer" in str(play(TASK).detail)
    with pytest.raises(session.CannotPrint, match="/nowhere/socket does not answer"):
        print_page("<h1>x</h1>")

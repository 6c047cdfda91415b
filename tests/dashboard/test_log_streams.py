"""The security log goes to standard output, unless that is a command's answer."""

import logging
import sys

import pytest

from dashboard.log_streams import OutputHandler


def written(monkeypatch, capsys, *arguments):
    """What the handler writes in a process with these arguments: (standard output, standard error)."""
    monkeypatch.setattr(sys, "argv", list(arguments))
    OutputHandler().emit(logging.makeLogRecord({"msg": '{"event": "login.ended"}'}))
    return tuple(capsys.readouterr())


@pytest.mark.parametrize(
    "arguments", [("/x/uwsgi", "dashboard.wsgi"), ("manage.py", "run_web"), ("manage.py", "run_worker")]
)
def test_servers_write_it_to_standard_output(monkeypatch, capsys, arguments):
    assert written(monkeypatch, capsys, *arguments) == ('{"event": "login.ended"}\n', "")


@pytest.mark.parametrize("arguments", [("/x/manage.py", "show", "7", "--json"), ("./manage.py",)])
def test_commands_keep_their_output_for_their_answer(monkeypatch, capsys, arguments):
    assert written(monkeypatch, capsys, *arguments) == ("", '{"event": "login.ended"}\n')

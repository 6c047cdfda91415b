"""Commands whose database cannot be reached, or lacks migrations."""

import json
import os
import subprocess
import sys

import pytest

from tests.sites.serving import free_port

pytestmark = pytest.mark.process


# How each command that needs the database ends without one: by no code that says something else of it.
WITHOUT_DATABASE = {
    ("show", "1"): 3,
    ("verify", "1"): 3,
    ("results", "1"): 1,
    ("recount",): 3,
    ("retain",): 3,
    ("rotate_secrets",): 3,
    ("sample_data", "--analyses", "1"): 3,
    ("submit", "--name", "Shop", "http://127.0.0.1:9/"): 3,
}


WORKING = {
    ("run_scheduler", "--once"): 3,
    ("run_worker", "--queue", "checks"): 3,
}


def said_by(commands, database):
    """Yield each command with its expected and its real exit code, and its standard output and error."""
    answers = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.commands"],
        input="\n".join(map(json.dumps, commands)),
        env={**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    for (command, code), answer in zip(commands.items(), answers.stdout.splitlines(), strict=True):
        yield command, code, *json.loads(answer)


def test_without_its_database_a_command_says_so_and_ends_by_a_code_of_its_own():
    nowhere = f"postgres://ada:owls-fly-by-night@127.0.0.1:{free_port()}/nothing"
    for command, code, ended, out, err in said_by(WITHOUT_DATABASE, nowhere):
        assert (ended, out) == (code, ""), f"{command}: {err}"
        assert "The database cannot be used: check DATABASE_URL" in err, command
        assert "Traceback" not in err and "owls-fly-by-night" not in err, command


def test_a_database_without_migrations_is_told_by_a_hint_to_migrate(tmp_path):
    for command, code, ended, out, err in said_by(
        WITHOUT_DATABASE | WORKING, f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    ):
        assert (ended, out) == (code, ""), f"{command}: {err}"
        assert "The database lacks" in err and "run `manage.py migrate`, then try again." in err, command
        assert "Traceback" not in err and "no such table" not in err, command

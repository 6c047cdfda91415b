"""Commands whose database cannot be reached."""

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
    ("results", "1"): 1,
    ("recount",): 3,
    ("retain",): 3,
    ("rotate_secrets",): 3,
    ("sample_data", "--analyses", "1"): 3,
    ("submit", "--name", "Shop", "http://127.0.0.1:9/"): 3,
}


def test_without_its_database_a_command_says_so_and_ends_by_a_code_of_its_own():
    nowhere = f"postgres://ada:owls-fly-by-night@127.0.0.1:{free_port()}/nothing"
    answers = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.commands"],
        input="\n".join(map(json.dumps, WITHOUT_DATABASE)),
        env={**os.environ, "DATABASE_URL": nowhere, "DJANGO_SETTINGS_MODULE": "dashboard.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    for (command, code), answer in zip(WITHOUT_DATABASE.items(), answers.stdout.splitlines(), strict=True):
        ended, out, err = json.loads(answer)
        assert (ended, out) == (code, ""), f"{command}: {err}"
        assert "The database cannot be used: check DATABASE_URL" in err, command
        assert "Traceback" not in err and "owls-fly-by-night" not in err, command

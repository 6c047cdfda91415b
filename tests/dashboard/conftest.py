"""Settings that are read again, from an environment of the test's own."""

import os
import runpy
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


@pytest.fixture
def read(monkeypatch, tmp_path):
    """A function that reads the settings anew, from an environment of which nothing but what it is given is set."""
    for name in os.environ:
        if name.startswith("SCANS_") or name in ("DATABASE_URL", "CSRF_TRUSTED_ORIGINS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SCANS_VAR_DIR", str(tmp_path / "var"))

    def read_settings(**environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(ROOT / "dashboard" / "settings.py")

    return read_settings


@pytest.fixture
def refusal(read, capsys):
    """A function that gives the one line with which a wrong setting is refused."""

    def line(**environment):
        with pytest.raises(SystemExit) as end:
            read(**environment)
        assert end.value.code == 3
        (said,) = capsys.readouterr().err.splitlines()
        return said

    return line

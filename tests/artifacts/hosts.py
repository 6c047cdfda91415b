"""Hosts with a folder each, and a storage that they share."""

import socket

import pytest
from django.conf import settings as django_settings

from scans.artifacts.store import StorageError
from tests.artifacts.flaky import Flaky


@pytest.fixture
def on(tmp_path, settings, monkeypatch):
    """A function that continues the test on another host: `on("b")`."""

    def move(name):
        monkeypatch.setattr(socket, "gethostname", lambda: name)
        settings.VAR_DIR = tmp_path / name
        settings.VAR_DIR.mkdir(exist_ok=True)

    move("a")
    return move


@pytest.fixture
def remote(settings):
    """A storage that is no folder; `remote.broken = …` makes it fail."""
    Flaky.broken = None
    settings.STORAGES = {**django_settings.STORAGES, "default": {"BACKEND": "tests.artifacts.flaky.Flaky"}}
    yield Flaky
    Flaky.broken = None


@pytest.fixture
def down():
    """The error of a storage that gives no answer."""
    return StorageError("storage_silent")

"""The options of a worker."""

import pytest
from django.core.management import CommandError, call_command

from scans.management.commands import run_worker
from scans.transitions import turns

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(monkeypatch):
    """A function that starts the command as far as its worker; returns the columns that this would report."""
    monkeypatch.setattr(turns, "_served", turns.served())
    monkeypatch.setattr(run_worker.ScanWorker, "configure_signals", lambda worker: None)
    facts = {}
    monkeypatch.setattr(run_worker.ScanWorker, "run", lambda worker: facts.update(worker._facts))

    def start(*arguments):
        call_command("run_worker", *arguments)
        return facts

    return start


@pytest.mark.parametrize(
    ("arguments", "zones"),
    [
        ([], ["", "lab"]),
        (["--zone", "office"], ["office"]),
        (["--zone", "default", "--zone", "Office", "--zone", "office"], ["", "office"]),
    ],
)
def test_it_serves_the_zones_of_its_options_or_else_of_the_settings(started, settings, arguments, zones):
    settings.SCANS_ZONES = ["", "lab"]
    facts = started(*arguments)
    assert list(turns.served()) == zones and facts["zones"] == ",".join(zone or "default" for zone in zones)


def test_what_is_no_zone_is_refused(started):
    with pytest.raises(CommandError, match="a zone has up to 16 lower-case letters"):
        started("--zone", "the office")

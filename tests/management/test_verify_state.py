"""manage.py verify_state: sentences, JSON and exit codes."""

import json

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from scans.maintenance.invariants import checking
from scans.models import (
    Screenshot,
)
from tests import factories
from tests.maintenance.invariants.spoiling import change, published, running

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_pause(monkeypatch):
    """No time between the two looks."""
    monkeypatch.setattr(checking, "sleep", lambda _: None)


def test_the_command_says_that_nothing_is_wrong(capsys, no_pause):
    factories.published()
    call_command("verify_state")
    assert "1 analyses were checked: no violation." in capsys.readouterr().out


def test_the_command_names_row_and_values_and_what_to_do(capsys, no_pause):
    scan = published()
    change(scan, findings_high=0)
    with pytest.raises(CommandError, match="violation") as refusal:
        call_command("verify_state")
    assert refusal.value.returncode == 1
    told = f"URL scan {scan.pk} of analysis {scan.analysis_id}: findings_high is 0, but it has 1. Run manage.py recount"
    assert told in capsys.readouterr().out


def test_the_command_prints_json(capsys, no_pause):
    analysis = factories.scheduled()
    change(analysis, urls=7)
    with pytest.raises(CommandError):
        call_command("verify_state", json=True)
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["invariant"], told["analysis"]) == ("sums_are_those_of_the_rows", analysis.pk)
    assert told["message"].startswith(f"Analysis {analysis.pk}: urls is 7, but its rows make it 1.")


def test_a_warning_alone_is_no_failure(capsys, no_pause):
    scan = running()
    picture = ContentFile(b"png", name="a.png")
    kept = Screenshot.objects.create(url_scan=scan, shows="target", at=timezone.now(), image=picture)
    kept.image.storage.delete(kept.image.name)
    call_command("verify_state")
    assert "Warning: URL scan" in capsys.readouterr().out

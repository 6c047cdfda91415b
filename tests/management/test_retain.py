"""manage.py retain: what is due, and a policy that is off."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from scans.models import ActivityLogEntry, Actor
from tests.maintenance.ageing import DAYS, keep, old

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(tmp_path, settings):
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"


def test_the_command_says_what_is_due_and_does_it(clock):
    keep(runs=2 * DAYS, evidence=DAYS)
    old(clock)
    assert _retain("--dry-run", "--json") == {"runs": 0, "evidence": 1}
    assert not ActivityLogEntry.objects.filter(action="analysis.evidence_expired").exists()
    assert _retain("--json") == {"runs": 0, "evidence": 1}
    assert _retain("--json") == {"runs": 0, "evidence": 0}
    assert ActivityLogEntry.objects.get(action="analysis.evidence_expired").actor == Actor.COMMAND


def test_the_command_says_so_where_everything_is_kept():
    out = StringIO()
    call_command("retain", stdout=out)
    assert "the retention policy is off" in out.getvalue()


def _retain(*arguments):
    out = StringIO()
    call_command("retain", *arguments, stdout=out)
    return json.loads(out.getvalue())

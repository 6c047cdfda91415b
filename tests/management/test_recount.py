"""manage.py recount: no difference, or each one reported and corrected."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from scans.maintenance.recount import recount
from scans.models import Analysis, StatusCount
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_command_says_that_nothing_differs(capsys):
    factories.scheduled()
    call_command("recount")
    assert "No difference" in capsys.readouterr().out


def test_the_command_reports_and_mends_every_difference(capsys):
    factories.scheduled()
    StatusCount.objects.create(status="paused", count=3)
    analysis = factories.published()
    Analysis.objects.filter(pk=analysis.pk).update(urls=7, run_time=timedelta(days=3))
    with pytest.raises(CommandError, match="3 stored values were wrong") as refusal:
        call_command("recount", json=True)
    assert refusal.value.returncode == 1
    told = {one["what"]: (one["kept"], one["counted"]) for one in json.loads(capsys.readouterr().out)}
    assert told["analyses that are paused"] == (3, 0)
    assert told[f"urls of analysis {analysis.pk}"] == (7, 1)
    assert told[f"run_time of analysis {analysis.pk}"][0] == "3 days, 0:00:00"
    assert list(recount()) == []

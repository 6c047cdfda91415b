"""The processes that must run, and those that are missing."""

from datetime import timedelta

import pytest

from scans.models import SystemPart
from scans.models.system_part import ALIVE_FOR

Kind = SystemPart.Kind


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_says_what_its_absence_means_and_how_to_start_one(kind):
    assert kind.command.startswith("manage.py run_") and str(kind.when_missing).startswith("No ")


@pytest.mark.django_db
def test_a_part_is_missing_until_it_reports_and_once_it_has_been_silent(clock):
    SystemPart.report(Kind.SCHEDULER, "one")
    assert SystemPart.missing() == [Kind.SCANS_WORKER, Kind.CHECKS_WORKER]
    clock.shift(ALIVE_FOR + timedelta(seconds=1))
    assert SystemPart.missing() == list(Kind) and not SystemPart.alive().exists()
    SystemPart.report(Kind.SCHEDULER, "one")
    assert SystemPart.alive().get().name == "one" and SystemPart.objects.count() == 1

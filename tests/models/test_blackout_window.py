"""Blackout windows of administrators, and those of one analysis beside them."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from scans.models import BlackoutWindow
from scans.models.blackout_window import validate_time_zone, validate_window
from tests import factories


def test_what_is_no_window_is_refused_with_examples():
    validate_window("Mon-Fri 08:00-18:00")
    with pytest.raises(ValidationError, match="Mon-Fri 08:00-18:00"):
        validate_window("every full moon")


@pytest.mark.parametrize("name", ["", "Berlin", "Europe/Nowhere", "../etc/passwd"])
def test_what_is_no_time_zone_is_refused(name):
    validate_time_zone("Europe/Berlin")
    with pytest.raises(ValidationError, match="not a time zone"):
        validate_time_zone(name)


@pytest.mark.django_db
def test_each_window_counts_in_its_own_zone_and_an_analysis_has_its_own_beside_them():
    BlackoutWindow.objects.create(window="2027-01-04 08:00..2027-01-04 09:00", time_zone="Asia/Tokyo")
    analysis = factories.submitted(blackout="2027-01-04 12:00..2027-01-04 13:00", time_zone="Europe/Berlin")
    common, own = datetime(2027, 1, 3, 23, 30, tzinfo=UTC), datetime(2027, 1, 4, 11, 30, tzinfo=UTC)
    for_all, for_analysis = BlackoutWindow.for_all(), BlackoutWindow.for_analysis(analysis)
    assert [for_all.next_open(moment) > moment for moment in (common, own)] == [True, False]
    assert [for_analysis.next_open(moment) > moment for moment in (common, own)] == [True, True]

"""The part of a submission that says when."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from tests.forms.filled_in import errors, form

pytestmark = pytest.mark.django_db


def test_start_is_at_most_90_days_ahead_and_not_past():
    def at(**ahead) -> str:
        return f"{timezone.now() + timedelta(**ahead):%Y-%m-%dT%H:%M}"

    assert "in the past" in errors("start_at", start_at=at(minutes=-3))
    assert "90 days ahead" in errors("start_at", start_at=at(days=91))
    assert not errors("start_at", start_at=at(days=89))
    assert errors("start_at", start_at="tomorrow")


def test_a_start_that_comes_twice_means_the_first_and_one_that_is_skipped_is_refused(clock):
    clock.move_to(datetime(2027, 3, 1, tzinfo=UTC))
    skipped = errors("start_at", start_at="2027-03-28T02:30", time_zone="Europe/Berlin")
    assert "2027-03-28 02:30" in skipped and "skipped" in skipped and "choose" in skipped
    clock.move_to(datetime(2027, 10, 1, tzinfo=UTC))
    submission = form(start_at="2027-10-31T02:30", time_zone="Europe/Berlin")
    assert submission.is_valid()
    # PEP 495: no moment of a doubled hour equals one of another zone.
    assert submission.submission().start_at.astimezone(UTC) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


def test_start_may_carry_its_own_zone():
    moment = (timezone.now() + timedelta(days=1)).replace(microsecond=0)
    submission = form(start_at=moment.astimezone(timezone.get_fixed_timezone(120)).isoformat())
    assert submission.is_valid()
    assert submission.submission().start_at == moment

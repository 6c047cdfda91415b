"""How far the clock of this host is off."""

from datetime import timedelta

import pytest
from django.db import connection

from scans.database.clock import clock_ahead

pytestmark = pytest.mark.django_db


def test_a_right_clock_is_not_off():
    assert abs(clock_ahead()) < 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has the clock of its host")
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock_is_off_by_as_much(clock, hours):
    clock.shift(timedelta(hours=hours))
    assert abs(clock_ahead() - hours * 3600) < 1

"""Retention of the security log: old events go together, with one that says so."""

from datetime import timedelta

import pytest

from scans.activity import note
from scans.activity.security import sentence
from scans.maintenance import security_log
from scans.models import ScanSettings, SecurityEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_for_thirty_days():
    ScanSettings.objects.update(keep_security_days=30)


def test_events_stay_until_their_days_are_over(clock):
    assert security_log.remove_expired() == 0
    note("login.ended")
    clock.shift(timedelta(days=30, hours=23))
    assert security_log.remove_expired() == 0 and SecurityEvent.objects.count() == 1


def test_old_events_go_together_and_the_log_says_so(clock):
    for _ in range(3):
        note("login.ended")
    clock.shift(timedelta(days=10))
    young = note("login.ended")
    clock.shift(timedelta(days=22))
    assert security_log.remove_expired() == 3 and security_log.remove_expired() == 0
    mark, left = SecurityEvent.objects.all()
    assert left == young and str(sentence(mark)).endswith("(3)") and mark.actor == "scheduler"


def test_a_long_log_goes_in_small_steps(clock, monkeypatch):
    monkeypatch.setattr(security_log, "AT_A_TIME", 2)
    for _ in range(3):
        note("login.ended")
    clock.shift(timedelta(days=40))
    assert [security_log.remove_expired() for _ in range(3)] == [2, 1, 0]

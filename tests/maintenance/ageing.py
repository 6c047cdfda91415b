"""A retention policy, and analyses that are old enough for it."""

from datetime import timedelta

from scans.models import ScanSettings
from tests.maintenance.test_removal import full

DAYS = 30


def keep(**days):
    """Set the policy: how many days each kind is kept."""
    ScanSettings.objects.update(**{f"keep_{kind}_days": number for kind, number in days.items()})


def old(clock, *urls, days=DAYS, **fields):
    """An analysis with everything, that ended more than that many days ago."""
    analysis = full(*urls, **fields)
    clock.shift(timedelta(days=days, hours=1))
    return analysis

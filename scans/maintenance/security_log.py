"""Retention of the security log: removes events that are older than the setting says."""

from datetime import timedelta

from django.db import transaction

from scans.activity import note
from scans.database import clock
from scans.models import Actor, ScanSettings, SecurityEvent

AT_A_TIME = 1000  # events of one turn
SLACK = timedelta(days=1)  # so that old events go together once a day, with one entry that says so


def remove_expired() -> int:
    """Remove up to AT_A_TIME expired events, with an event that says so. Returns how many went.

    Nothing goes before the oldest is a day over its time.
    """
    oldest = SecurityEvent.objects.order_by("pk").first()
    until = clock.now() - timedelta(days=ScanSettings.current().keep_security_days) if oldest else None
    if oldest is None or oldest.at >= until - SLACK:
        return 0
    events = list(SecurityEvent.objects.filter(at__lt=until).order_by("pk")[:AT_A_TIME])
    with transaction.atomic():
        # The triggers let go what this event names as the last; see database/append_only.
        note("log.expired", by=Actor.SCHEDULER, subject=events[-1], until=until, count=len(events))
        SecurityEvent.objects.filter(pk__lte=events[-1].pk).delete()
    return len(events)

"""The hosts whose disk is full, as their workers report it."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from scans import room
from scans.models import FullDisk
from scans.reasons import NO_REASON, Reason

pytestmark = pytest.mark.django_db
FULL = Reason("no_room", folder="/var", free=3, needed=100)


def test_a_host_is_told_until_it_has_room():
    FullDisk.report("one", FULL)
    FullDisk.report("one", FULL)
    FullDisk.report("other", FULL)
    assert [text.partition(":")[0] for text in FullDisk.told()] == ["one", "other"]
    assert "3 MB are free in /var" in FullDisk.told()[0]
    FullDisk.report("one", NO_REASON)
    assert [disk.host for disk in FullDisk.current()] == ["other"]


def test_a_report_holds_for_half_a_minute():
    FullDisk.report("one", FULL)
    FullDisk.objects.update(seen_at=Now() - timedelta(seconds=31))
    assert not FullDisk.told()


def test_what_no_worker_can_report_is_seen_here(monkeypatch):
    monkeypatch.setattr(room, "database_shortage", lambda: FULL)
    assert "/var" in FullDisk.told()[0]
    FullDisk.report("one", FULL)
    assert len(FullDisk.told()) == 1

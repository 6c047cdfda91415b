"""Settings in the admin: what an administrator changes, and what the security log says of it."""

import pytest
from django.test import Client
from django.urls import reverse

from scans.activity.security import sentence
from scans.models import AllowedTarget, BlackoutWindow, ScanSettings, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
LIMITS = {"analysis_mb": 12, "stored_mb": 250, "open_analyses": 200, "open_url_scans": 5000, "drafts": 100}


def admin(model: str, page: str, *args) -> str:
    return reverse(f"admin:scans_{model}_{page}", args=args)


def test_administrator_allows_targets(administrator):
    administrator.post(admin("allowedtarget", "add"), {"pattern": "*.example.com", "note": "asked by Ada"})
    assert AllowedTarget.objects.get().pattern == "*.example.com"
    refused = administrator.post(admin("allowedtarget", "add"), {"pattern": "http://x/"})
    assert "is not a host name" in refused.content.decode()


def test_administrator_keeps_blackout_windows(administrator):
    administrator.post(admin("blackoutwindow", "add"), {"window": "Sat,Sun", "time_zone": "Europe/Berlin"})
    assert BlackoutWindow.objects.get().window == "Sat,Sun"
    refused = administrator.post(admin("blackoutwindow", "add"), {"window": "sometimes", "time_zone": "Mars"})
    assert "is not a blackout window" in refused.content.decode() and "is not a time zone" in refused.content.decode()


def test_settings_are_one_row_that_can_only_be_changed(administrator):
    values = {"capacity": 7, "pause_limit": "3 00:00:00", "keep_security_days": 90}
    administrator.post(admin("scansettings", "change", 1), LIMITS | values)
    assert ScanSettings.current().capacity == 7 and ScanSettings.current().pause_limit.days == 3
    assert administrator.get(admin("scansettings", "add")).status_code == 403
    assert administrator.post(admin("scansettings", "delete", 1), {"post": "yes"}).status_code == 403


def test_the_retention_policy_is_an_administrators_in_whole_days_and_off_at_first(administrator):
    client = Client()
    client.force_login(factories.user("Submitter", is_staff=True))
    wanted = {"capacity": 4, "pause_limit": "7 00:00:00", "keep_runs_days": "", "keep_logs_days": "365"}
    wanted |= LIMITS | {"keep_security_days": "365"}
    assert "Retention policy" in administrator.get(admin("scansettings", "change", 1)).text
    refused = administrator.post(admin("scansettings", "change", 1), wanted | {"keep_evidence_days": "0"})
    assert "greater than or equal to 1" in refused.text
    assert client.post(admin("scansettings", "change", 1), wanted).status_code == 403
    assert ScanSettings.current().keep_logs_days is None
    administrator.post(admin("scansettings", "change", 1), wanted)
    assert (ScanSettings.current().keep_runs_days, ScanSettings.current().keep_logs_days) == (None, 365)


def events():
    """(event, subject, sentence) of every change, in the order in which they happened."""
    told = SecurityEvent.objects.exclude(kind="login").order_by("pk")
    return [(event.event, event.subject, str(sentence(event))) for event in told]


def test_each_change_of_a_setting_is_in_the_security_log_with_both_values(administrator):
    values = {**LIMITS, "capacity": 7, "pause_limit": "7 00:00:00", "keep_security_days": 365, "keep_logs_days": 30}
    administrator.post(admin("scansettings", "change", 1), values)
    administrator.post(admin("scansettings", "change", 1), values)
    assert events() == [
        ("settings.changed", "Scan settings", "changed capacity: 2 → 7"),
        ("settings.changed", "Scan settings", "changed logs (days):  → 30"),
    ]


def test_allowed_targets_and_windows_are_in_the_security_log(administrator):
    administrator.post(admin("allowedtarget", "add"), {"pattern": "*.example.com"})
    target = AllowedTarget.objects.get()
    administrator.post(admin("allowedtarget", "change", target.pk), {"pattern": "*.example.org"})
    administrator.post(admin("allowedtarget", "delete", target.pk), {"post": "yes"})
    administrator.post(admin("blackoutwindow", "add"), {"window": "Sat,Sun", "time_zone": "UTC"})
    chosen = {"action": "delete_selected", "_selected_action": [BlackoutWindow.objects.get().pk], "post": "yes"}
    administrator.post(admin("blackoutwindow", "changelist"), chosen)
    assert [(event, subject) for event, subject, _ in events()] == [
        ("settings.added", "*.example.com"),
        ("settings.changed", "*.example.org"),
        ("settings.removed", "*.example.org"),
        ("settings.added", "Sat,Sun (UTC)"),
        ("settings.removed", "Sat,Sun (UTC)"),
    ]
    assert events()[1][2] == "changed pattern: *.example.com → *.example.org"


def test_the_security_log_is_kept_for_a_month_at_least(administrator):
    values = {"capacity": 2, "pause_limit": "7 00:00:00", "keep_security_days": 1}
    assert "greater than or equal to 30" in administrator.post(admin("scansettings", "change", 1), values).text
    assert ScanSettings.current().keep_security_days == 365

"""The settings that an administrator changes while the product runs. Each change is in the security log."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from scans import transitions
from scans.admin.base import WatchedAdmin
from scans.models import AllowedTarget, BlackoutWindow, ScanSettings
from scans.schedule.moments import time_span


@admin.register(AllowedTarget)
class AllowedTargetAdmin(WatchedAdmin):
    """The hosts that may be scanned."""

    list_display = ["pattern", "zone", "note"]
    search_fields = ["pattern", "zone", "note"]

    def save_model(self, request, obj, form, change) -> None:
        """Save the row; what waits moves to the zones of now."""
        super().save_model(request, obj, form, change)
        transitions.rezone()

    def delete_model(self, request, obj) -> None:
        """Delete the row; what waits moves to the zones of now."""
        super().delete_model(request, obj)
        transitions.rezone()


@admin.register(BlackoutWindow)
class BlackoutWindowAdmin(WatchedAdmin):
    """Times without scanning. Running scans pause before a window and resume after it."""

    list_display = ["window", "time_zone", "note"]


@admin.register(ScanSettings)
class ScanSettingsAdmin(WatchedAdmin):
    """The one row of settings."""

    list_display = ["__str__", "capacity", "longest_pause"]
    _keep = [f"keep_{kind}_days" for kind in ("runs", "evidence", "screenshots", "logs", "security")]
    _limits = ["analysis_mb", "stored_mb", "open_analyses", "open_url_scans", "drafts"]
    fieldsets = [
        (None, {"fields": ["capacity", "pause_limit"]}),
        (_("Limits: at most …"), {"fields": _limits}),
        (_("Retention policy"), {"fields": _keep}),
    ]

    @admin.display(description=_("pause limit"))
    def longest_pause(self, row: ScanSettings) -> str:
        """The limit in words."""
        return time_span(row.pause_limit)

    def has_add_permission(self, request) -> bool:
        """Never: the row exists."""
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        """Never: the product needs the row."""
        return False

"""The questions about the activity log, by name."""

from django.db import models
from django.db.models import Q

from scans.models.querysets import results_visible

# Actions whose entries tell of findings.
ABOUT_FINDINGS = [
    f"url_scan.{action}"
    for action in (
        *("finding_marked", "finding_mark_taken_back", "finding_found_again", "finding_acceptance_ended"),
        *("finding_assigned", "verified", "verify_asked", "verify_started", "verified_again"),
    )
]


class ActivityLogQuerySet(models.QuerySet):
    """Questions about the activity log. Entries can be added; only expired ones can be deleted (append_only)."""

    def newest_first(self):
        """Newest first, with the users and URL scans that a page shows."""
        return self.select_related("user", "url_scan").order_by("-pk")

    def visible_to(self, user):
        """Entries that this user may see: those that count findings, or decide about one, once these are visible.

        Each knows `results_visible` if this user does not see all results.
        """
        if user.has_perm("scans.review_analysis"):
            return self
        visible = results_visible(user, "url_scan__")
        known = self.annotate(results_visible=models.ExpressionWrapper(visible, output_field=models.BooleanField()))
        return known.filter(~Q(action__in=ABOUT_FINDINGS) | visible)

    def status_changes_of(self, thing):
        """The entries of status changes of this analysis, without its URL scans, or of this URL scan."""
        is_analysis = hasattr(thing, "url_scans")
        own = {"analysis": thing, "url_scan": None} if is_analysis else {"url_scan": thing}
        return self.filter(**own).exclude(to_status="")

    def of_kind(self, kind: str):
        """Entries of one kind: status changes ("status"), by people ("people"), by the system ("system"),
        or refused attempts ("refused")."""
        return {
            "status": self.exclude(to_status=""),
            "people": self.filter(user__isnull=False),
            "system": self.filter(user__isnull=True),
            "refused": self.filter(action__endswith=".refused"),
        }[kind]

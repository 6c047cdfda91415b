"""Writing and reading the activity log: an entry for each thing that happened, a sentence for each entry."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from scans.models import ActivityLogEntry, Actor, Analysis, UrlScan
from scans.statuses import AnalysisStatus, UrlScanStatus

# Every action there is, with the sentence that a page shows for it. {…} are facts from the entry's data.
SENTENCES = {
    "analysis.saved": "saved the analysis for later (URLs: {urls})",
    "analysis.changed": "changed the configuration: {changed}",
    "analysis.prescan_asked": "asked for a prescan",
    "analysis.refused": "asked for “{asked}” and was refused",
    "analysis.submitted": "submitted the analysis as run {run} (URLs: {urls})",
    "analysis.prescan_started": "started the prescan",
    "analysis.prescan_ended": "ended the prescan: {passed} of {checked} URLs passed",
    "analysis.started": "started the analysis",
    "analysis.status_changed": "the analysis' status changed",
    "analysis.paused": "asked to pause the analysis",
    "analysis.resumed": "resumed the analysis",
    "analysis.stopped": "asked to stop the analysis and {mode} its results",
    "analysis.published": "published the results of the analysis",
    "analysis.extended": "extended the duration from {before} to {after}",
    "analysis.blackout_began": "a blackout window keeps the analysis from scanning until {until}",
    "analysis.blackout_ended": "the blackout window is over; the analysis goes on",
    "analysis.continued": "continued from the saved sessions as run {run}",
    "analysis.run_skipped": "skipped the run due at {starts}, since this one is still under way",
    "analysis.schedule_switched_off": "switched the recurring schedule off",
    "analysis.schedule_switched_on": "switched the recurring schedule on again",
    "analysis.run_again": "ran the analysis again as run {run}",
    "analysis.deleted": "deleted the analysis and its results",
    "url_scan.submitted": "accepted the scan of this URL",
    "url_scan.submit_failed": "could not set up the scan of this URL",
    "url_scan.scheduled": "scheduled the scan of this URL",
    "url_scan.check_failed": "a check failed: {step}",
    "url_scan.queued": "put the scan of this URL into the queue",
    "url_scan.capacity_exhausted": "put the scan of this URL into the queue, beyond capacity",
    "url_scan.started": "started {engine} {version} on this URL",
    "url_scan.went_on": "went on with {engine} {version} from the saved session",
    "url_scan.paused": "asked to pause the scan of this URL",
    "url_scan.session_saved": "saved the session; the engine has stopped",
    "url_scan.refused": "asked for “{asked}” and was refused",
    "url_scan.got_a_place": "a place is free: the scan of this URL goes on with the next worker",
    "url_scan.login_failed": "logging in again failed; it is tried again",
    "url_scan.resumed": "resumed the scan of this URL",
    "url_scan.worker_left": "the worker was shut down; another goes on from the session",
    "url_scan.worker_lost": "the worker was lost; another goes on from the session",
    "url_scan.stopped": "asked to stop the scan of this URL and {mode} its results",
    "url_scan.ended": "the scan of this URL ended; {findings} findings are kept",
    "url_scan.results_deleted": "deleted what this scan had found",
    "url_scan.verified": "replayed the findings: {confirmed} confirmed, {not_reproduced} not reproduced, "
    "{not_replayable} not replayable",
    "url_scan.finding_marked": "marked as {after} (before: {before}): {finding}",
    "url_scan.published": "published the results of this URL",
}


def record(
    action: str,
    *,
    analysis: Analysis,
    by: AbstractBaseUser | Actor,
    url_scan: UrlScan | None = None,
    from_status: str = "",
    to_status: str = "",
    reason: str = "",
    **data,
) -> ActivityLogEntry:
    """Write one entry, in whatever transaction is open, and return it.

    `by` is the user or the part of the system that did it; `data` holds the sentence's facts. Raises
    KeyError for an action that has no sentence.
    """
    SENTENCES[action].format(**data)
    is_part = isinstance(by, Actor)
    return ActivityLogEntry.objects.create(
        analysis=analysis,
        url_scan=url_scan,
        at=timezone.now(),
        actor=by if is_part else Actor.USER,
        user=None if is_part else by,
        action=action,
        from_status=from_status,
        to_status=to_status,
        reason=reason,
        data=data,
    )


def sentence(entry: ActivityLogEntry) -> str:
    """What the entry says happened, without who, when and why; an unknown action stands as it is."""
    template = SENTENCES.get(entry.action)
    return template.format_map(entry.data) if template else entry.action


def status_labels(entry: ActivityLogEntry) -> tuple[str, str]:
    """The labels of the entry's from and to status; empty where it has none."""
    choices = UrlScanStatus if entry.url_scan_id else AnalysisStatus
    labels = dict(choices.choices)
    return tuple(labels.get(code, code) for code in (entry.from_status, entry.to_status))

"""The catalogue of analyses: every status, and all that is known about it."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from scans.statuses.base import (
    ENDED_ACTIONS,
    PAUSED_ACTIONS,
    REVIEW_ACTIONS,
    RUNNING_ACTIONS,
    STOP_ACTIONS,
    WAITING_ACTIONS,
    Action,
    EndedBy,
    Phase,
    Status,
    available,
    verifying,
)


class AnalysisStatus(TextChoices):
    """The status of one run of a Dynamic Analysis, derived from its URL scans."""

    SAVED_FOR_LATER = "saved_for_later", _("Saved for Later")
    SUBMITTED = "submitted", _("Submitted")
    NOT_SUBMITTED = "not_submitted", _("Not Submitted")
    PRESCANNING = "prescanning", _("Prescanning")
    SCHEDULED = "scheduled", _("Scheduled")
    QUEUED = "queued", _("Queued")
    IN_PROGRESS = "in_progress", _("In Progress")
    # The same label by design: what differs is the warning icon and the entry in the filter.
    IN_PROGRESS_WITH_WARNING = "in_progress_with_warning", _("In Progress")
    PAUSED = "paused", _("Paused")
    STOPPED_SAVING_RESULTS = "stopped_saving_results", _("Stopped - Saving Results")
    STOPPED_DELETING_RESULTS = "stopped_deleting_results", _("Stopped - Deleting Results")
    COMPLETED_VERIFYING_RESULTS = "completed_verifying_results", _("Completed - Verifying Results")
    COMPLETED_VERIFYING_PARTIAL_RESULTS = (
        "completed_verifying_partial_results",
        _("Completed - Verifying Partial Results"),
    )
    STOPPED_VERIFYING_RESULTS = "stopped_verifying_results", _("Stopped - Verifying Results")
    STOPPED_VERIFYING_PARTIAL_RESULTS = (
        "stopped_verifying_partial_results",
        _("Stopped - Verifying Partial Results"),
    )
    TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS = (
        "time_expired_verifying_partial_results",
        _("Time Expired - Verifying Partial Results"),
    )
    STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS = (
        "stopped_scan_duration_ended_with_partial_results",
        _("Stopped - Scan Duration Ended With Partial Results"),
    )
    COMPLETED_RESULTS_AVAILABLE = "completed_results_available", _("Completed - Results Available")
    COMPLETED_PARTIAL_RESULTS_AVAILABLE = (
        "completed_partial_results_available",
        _("Completed - Partial Results Available"),
    )
    STOPPED_PARTIAL_RESULTS_AVAILABLE = (
        "stopped_partial_results_available",
        _("Stopped - Partial Results Available"),
    )
    ALL_VERIFICATIONS_FAILED = "all_verifications_failed", _("All Verifications Failed")
    STOPPED_SCAN_DURATION_ENDED = "stopped_scan_duration_ended", _("Stopped - Scan Duration Ended")
    STOPPED_TECHNICAL_ISSUE = "stopped_technical_issue", _("Stopped - Technical Issue")
    STOPPED = "stopped", _("Stopped")

    @property
    def info(self) -> Status:
        """The catalogue's entry for this status."""
        return ANALYSIS_STATUSES[self]


_A = AnalysisStatus


_ANALYSIS_ENTRIES = [
    Status(
        _A.SAVED_FOR_LATER,
        _("The analysis is stored and has not been submitted; nothing runs."),
        _("Edit it, check its URLs with a prescan, submit it when it is ready, or delete it."),
        Phase.WAITING,
        "neutral",
        "bookmark",
        actions=frozenset({Action.EDIT, Action.PRESCAN, Action.SUBMIT, Action.DELETE}),
    ),
    Status(
        _A.SUBMITTED,
        _("The analysis was accepted. Its URL scans are set up next."),
        _("Nothing to do. If this lasts, look whether a banner says that no worker or scheduler is running."),
        Phase.WAITING,
        "neutral",
        "inbox",
        actions=STOP_ACTIONS,
    ),
    Status(
        _A.NOT_SUBMITTED,
        _("A technical issue kept every URL scan from being set up; nothing was sent to any site."),
        _("Read the reason at the URL scans, have it mended, then submit again."),
        Phase.WAITING,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
        actions=frozenset({Action.SUBMIT, Action.DELETE}),
    ),
    Status(
        _A.PRESCANNING,
        _("Every URL is being checked before the scan: name, connection, TLS, answer, redirects, page."),
        _("Nothing to do: this takes seconds for each URL."),
        Phase.ACTIVE,
        "info",
        "search",
        actions=STOP_ACTIONS,
    ),
    Status(
        _A.SCHEDULED,
        _("The analysis starts by itself at its start time."),
        _("Nothing to do until then. Stop it if it should not start."),
        Phase.WAITING,
        "neutral",
        "calendar",
        actions=STOP_ACTIONS,
    ),
    Status(
        _A.QUEUED,
        _("Its time has come, and none of its URL scans has started for want of capacity or a worker."),
        _("Wait for running scans to end, or ask an administrator for more capacity or workers."),
        Phase.WAITING,
        "info",
        "hourglass",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _A.IN_PROGRESS,
        _("At least one URL scan has started, and not all have ended."),
        _("Watch the findings come in. You can pause or stop it."),
        Phase.ACTIVE,
        "progress",
        "play",
        actions=RUNNING_ACTIONS,
    ),
    Status(
        _A.IN_PROGRESS_WITH_WARNING,
        _("At least one URL scan has started and not all have ended; at least one URL failed verification."),
        _("Look at the URLs marked as failed: they are not scanned. The others go on."),
        Phase.ACTIVE,
        "warning",
        "play",
        actions=RUNNING_ACTIONS,
        warning=True,
    ),
    Status(
        _A.PAUSED,
        _("Every URL scan that has not ended is paused; sessions are kept."),
        _("Resume it when the sites may be scanned again, or stop it. After a blackout window it goes on by itself."),
        Phase.ACTIVE,
        "neutral",
        "pause",
        actions=PAUSED_ACTIONS | {Action.EXTEND},
    ),
    Status(
        _A.STOPPED_SAVING_RESULTS,
        _("A user stopped the analysis and keeps its results; what was found is being stored."),
        _("Nothing to do: this takes seconds."),
        Phase.ACTIVE,
        "info",
        "save",
    ),
    Status(
        _A.STOPPED_DELETING_RESULTS,
        _("A user stopped the analysis and deletes its results; both are under way."),
        _("Nothing to do: this takes seconds."),
        Phase.ACTIVE,
        "warning",
        "trash",
    ),
    verifying(
        _A.COMPLETED_VERIFYING_RESULTS,
        _("All URL scans ran to their end; their results are being verified."),
        EndedBy.ITSELF,
        actions=REVIEW_ACTIONS | STOP_ACTIONS,
    ),
    verifying(
        _A.COMPLETED_VERIFYING_PARTIAL_RESULTS,
        _("All URL scans have ended, at least one failed its checks or is partial; results are being verified."),
        EndedBy.ITSELF,
        actions=REVIEW_ACTIONS | STOP_ACTIONS,
    ),
    verifying(
        _A.STOPPED_VERIFYING_RESULTS,
        _(
            "A user stopped the analysis when every URL scan had already completed. The complete results can be "
            "seen while they are verified."
        ),
        EndedBy.USER,
        actions=REVIEW_ACTIONS,
    ),
    verifying(
        _A.STOPPED_VERIFYING_PARTIAL_RESULTS,
        _("A user stopped the analysis and kept its results; at least one is partial. They are being verified."),
        EndedBy.USER,
        actions=REVIEW_ACTIONS,
    ),
    verifying(
        _A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        _("The duration ended; every URL scan has results, which are being verified."),
        EndedBy.DURATION,
        actions=REVIEW_ACTIONS | {Action.CONTINUE},
    ),
    verifying(
        _A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS,
        _("The duration ended; some URL scans have results, which are being verified, others have nothing."),
        EndedBy.DURATION,
        actions=REVIEW_ACTIONS | {Action.CONTINUE},
    ),
    available(
        _A.COMPLETED_RESULTS_AVAILABLE,
        _("Every URL was scanned to the end, and the results are published."),
        _("Read the findings and have them mended; then run again to see them gone."),
        EndedBy.ITSELF,
        tone="success",
        icon="check",
        actions=ENDED_ACTIONS,
    ),
    available(
        _A.COMPLETED_PARTIAL_RESULTS_AVAILABLE,
        _(
            "The results are published, but something is missing: a URL failed its checks, ran out of time, "
            "broke, or was stopped."
        ),
        _("Read the findings, see at the URL scans what is missing, and run again for it."),
        EndedBy.ITSELF,
        actions=ENDED_ACTIONS | {Action.CONTINUE},
    ),
    available(
        _A.STOPPED_PARTIAL_RESULTS_AVAILABLE,
        _("A user stopped the analysis; what was found up to then is published."),
        _("Read the findings, and run again for the rest."),
        EndedBy.USER,
        actions=ENDED_ACTIONS,
    ),
    Status(
        _A.ALL_VERIFICATIONS_FAILED,
        _("Every URL failed its checks, so nothing was scanned."),
        _("Open each URL's Scan Details, read which check failed, correct it and run again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.CHECKS,
        actions=ENDED_ACTIONS,
    ),
    Status(
        _A.STOPPED_SCAN_DURATION_ENDED,
        _("The duration ended and no URL scan had anything to publish."),
        _("Continue it from the saved sessions, or run again with a longer duration."),
        Phase.FINAL,
        "warning",
        "clock",
        ended_by=EndedBy.DURATION,
        actions=ENDED_ACTIONS | {Action.CONTINUE},
    ),
    Status(
        _A.STOPPED_TECHNICAL_ISSUE,
        _("Our side broke, or the sites stopped answering, and no URL scan has anything to publish."),
        _("Read the reason at the URL scans, have it mended, then run again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
        actions=ENDED_ACTIONS,
    ),
    Status(
        _A.STOPPED,
        _("A user stopped the analysis and its results were deleted, or there were none."),
        _("Run again if you want results."),
        Phase.FINAL,
        "neutral",
        "stop",
        ended_by=EndedBy.USER,
        actions=ENDED_ACTIONS,
    ),
]


ANALYSIS_STATUSES: dict[str, Status] = {entry.code: entry for entry in _ANALYSIS_ENTRIES}


# Runs that brought nothing for a reason that will likely hold next time too.
FAILED_RUNS = frozenset(
    {
        AnalysisStatus.NOT_SUBMITTED,
        AnalysisStatus.ALL_VERIFICATIONS_FAILED,
        AnalysisStatus.STOPPED_TECHNICAL_ISSUE,
    }
)

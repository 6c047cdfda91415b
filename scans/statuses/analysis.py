"""The catalogue of analysis statuses."""

from dataclasses import replace

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from scans.reasons import labelled
from scans.statuses.base import Action, Actions, EndedBy, Phase, Results, Status, available, verifying


@labelled
class AnalysisStatus(TextChoices):
    """The status of one run of a Dynamic Analysis, derived from its URL scans."""

    SAVED_FOR_LATER = "saved_for_later", _("Saved for Later")
    SUBMITTED = "submitted", _("Submitted")
    NOT_SUBMITTED = "not_submitted", _("Not Submitted")
    PRESCANNING = "prescanning", _("Prescanning")
    SCHEDULED = "scheduled", _("Scheduled")
    QUEUED = "queued", _("Queued")
    IN_PROGRESS = "in_progress", _("In Progress")
    # The same label on purpose: only the warning icon and the entry in the filter differ.
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
    STOPPED_VERIFYING_PARTIAL_RESULTS = "stopped_verifying_partial_results", _("Stopped - Verifying Partial Results")
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
    STOPPED_PARTIAL_RESULTS_AVAILABLE = "stopped_partial_results_available", _("Stopped - Partial Results Available")
    ALL_VERIFICATIONS_FAILED = "all_verifications_failed", _("All Verifications Failed")
    STOPPED_SCAN_DURATION_ENDED = "stopped_scan_duration_ended", _("Stopped - Scan Duration Ended")
    STOPPED_TECHNICAL_ISSUE = "stopped_technical_issue", _("Stopped - Technical Issue")
    STOPPED = "stopped", _("Stopped")

    @property
    def info(self) -> Status:
        """The catalogue's entry for this status."""
        return ANALYSIS_STATUSES[self]


_A = AnalysisStatus

# fmt: off
_ANALYSIS_ENTRIES = [
    Status(
        _A.SAVED_FOR_LATER, Phase.WAITING, "neutral", "bookmark",
        _("The analysis is saved but not submitted. Nothing runs."),
        _("Edit it, check its URLs with a prescan, submit it or delete it."),
        actions=frozenset({Action.EDIT, Action.PRESCAN, Action.SUBMIT, Action.DELETE}),
    ),
    Status(
        _A.SUBMITTED, Phase.WAITING, "neutral", "inbox",
        _("The analysis was accepted. Its URL scans are set up next."),
        _("Nothing to do. If it stays here for long, check for a banner about a missing worker or scheduler."),
        actions=Actions.STOP,
    ),
    Status(
        _A.NOT_SUBMITTED, Phase.WAITING, "danger", "warning",
        _("A technical issue prevented the set-up of every URL scan. Nothing was sent to any site."),
        _("Read the reason on the URL scans, ask an administrator to fix it, then submit again."),
        ended_by=EndedBy.TECHNICAL, actions=frozenset({Action.SUBMIT, Action.DELETE}),
    ),
    Status(
        _A.PRESCANNING, Phase.ACTIVE, "info", "search",
        _("The prescan is checking every URL: name, connection, TLS, response, redirects and page."),
        _("Nothing to do: each URL takes a few seconds."),
        actions=Actions.STOP,
    ),
    Status(
        _A.SCHEDULED, Phase.WAITING, "neutral", "calendar",
        _("The analysis starts automatically at its start time."),
        _("Nothing to do until then. Stop it if it should not start."),
        actions=Actions.STOP,
    ),
    Status(
        _A.QUEUED, Phase.WAITING, "info", "hourglass",
        _("The start time has passed, but no URL scan could start yet: no free capacity or no worker."),
        _("Wait for running scans to end, or ask an administrator for more capacity or workers."),
        actions=Actions.WAITING,
    ),
    Status(
        _A.IN_PROGRESS, Phase.ACTIVE, "progress", "play",
        _("At least one URL scan has started, and not all have ended."),
        _("Watch the findings arrive. You can pause or stop the analysis."),
        actions=Actions.RUNNING,
    ),
    Status(
        _A.IN_PROGRESS_WITH_WARNING, Phase.ACTIVE, "warning", "play",
        _("At least one URL scan has started, and not all have ended. At least one URL failed verification."),
        _("Check the URLs marked as failed: they are not scanned. The others continue."),
        actions=Actions.RUNNING, warning=True,
    ),
    Status(
        _A.PAUSED, Phase.ACTIVE, "neutral", "pause",
        _("Every URL scan that has not ended is paused. Sessions are saved."),
        _("Resume it when the sites may be scanned again, or stop it. After a blackout window it resumes "
          "automatically."),
        actions=Actions.PAUSED | {Action.EXTEND},
    ),
    Status(
        _A.STOPPED_SAVING_RESULTS, Phase.ACTIVE, "info", "save",
        _("A user stopped the analysis and kept its results. The findings are being saved."),
        _("Nothing to do: this takes a few seconds."),
    ),
    Status(
        _A.STOPPED_DELETING_RESULTS, Phase.ACTIVE, "warning", "trash",
        _("A user stopped the analysis and chose to delete its results. The scans are ending, then the "
          "results are deleted."),
        _("Nothing to do: this takes a few seconds."),
    ),
    verifying(
        _A.COMPLETED_VERIFYING_RESULTS, EndedBy.ITSELF,
        _("All URL scans are complete. Their results are being verified."),
        actions=Actions.REVIEW | Actions.STOP,
    ),
    verifying(
        _A.COMPLETED_VERIFYING_PARTIAL_RESULTS, EndedBy.ITSELF,
        _("All URL scans have ended. At least one failed its checks or is partial. The results are being verified."),
        actions=Actions.REVIEW | Actions.STOP,
    ),
    verifying(
        _A.STOPPED_VERIFYING_RESULTS, EndedBy.USER,
        _("A user stopped the analysis after every URL scan had completed. The complete results can be "
          "viewed while they are verified."),
    ),
    verifying(
        _A.STOPPED_VERIFYING_PARTIAL_RESULTS, EndedBy.USER,
        _("A user stopped the analysis and kept its results. At least one URL scan is partial. The results "
          "are being verified."),
    ),
    verifying(
        _A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, EndedBy.DURATION,
        _("The duration ended. Every URL scan has results, and they are being verified."),
        actions=Actions.REVIEW | {Action.CONTINUE},
    ),
    verifying(
        _A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS, EndedBy.DURATION,
        _("The duration ended. Some URL scans have results, which are being verified; the others have none."),
        actions=Actions.REVIEW | {Action.CONTINUE},
    ),
    available(
        _A.COMPLETED_RESULTS_AVAILABLE, EndedBy.ITSELF,
        _("Every URL was scanned completely, and the results are published."),
        _("Fix the findings, then run the analysis again to confirm."),
        tone="success", icon="check", actions=Actions.ENDED,
    ),
    available(
        _A.COMPLETED_PARTIAL_RESULTS_AVAILABLE, EndedBy.ITSELF,
        _("The results are published, but something is missing: a URL failed its checks, ran out of time, "
          "had a technical issue or was stopped."),
        _("Read the findings, see on the URL scans what is missing, then run the analysis again."),
        actions=Actions.ENDED | {Action.CONTINUE},
    ),
    available(
        _A.STOPPED_PARTIAL_RESULTS_AVAILABLE, EndedBy.USER,
        _("A user stopped the analysis. The findings up to then are published."),
        _("Read the findings. Run the analysis again to scan the rest."),
        actions=Actions.ENDED,
    ),
    Status(
        _A.ALL_VERIFICATIONS_FAILED, Phase.FINAL, "danger", "warning",
        _("Every URL failed its checks, so nothing was scanned."),
        _("Open each URL's Scan Details, see which check failed, correct it, then run the analysis again."),
        ended_by=EndedBy.CHECKS, actions=Actions.ENDED,
    ),
    Status(
        _A.STOPPED_SCAN_DURATION_ENDED, Phase.FINAL, "warning", "clock",
        _("The duration ended, and no URL scan had anything to publish."),
        _("Continue from the saved sessions, or run the analysis again with a longer duration."),
        ended_by=EndedBy.DURATION, actions=Actions.ENDED | {Action.CONTINUE},
    ),
    Status(
        _A.STOPPED_TECHNICAL_ISSUE, Phase.FINAL, "danger", "warning",
        _("A technical issue ended the scans, or the sites stopped answering. No URL scan has anything to publish."),
        _("Read the reason on the URL scans, fix the cause, then run the analysis again."),
        ended_by=EndedBy.TECHNICAL, actions=Actions.ENDED,
    ),
    Status(
        _A.STOPPED, Phase.FINAL, "neutral", "stop",
        _("A user stopped the analysis. Its results were deleted, or there were none."),
        _("Run the analysis again if you want results."),
        ended_by=EndedBy.USER, actions=Actions.ENDED,
    ),
]
# fmt: on
ANALYSIS_STATUSES: dict[str, Status] = {
    entry.code: entry if entry.results == Results.NONE else replace(entry, actions=entry.actions | Actions.RESULTS)
    for entry in _ANALYSIS_ENTRIES
}

# Runs that failed for a reason that will probably make the next run fail too.
FAILED_RUNS = frozenset({_A.NOT_SUBMITTED, _A.ALL_VERIFICATIONS_FAILED, _A.STOPPED_TECHNICAL_ISSUE})

# Shown for a URL of an analysis that is saved for later. It is stored as Submitted, which it becomes with the analysis.
SAVED_URL = Status(
    _A.SAVED_FOR_LATER,
    Phase.WAITING,
    "neutral",
    "bookmark",
    _("This URL belongs to an analysis that is saved for later. It is not scanned until the analysis is submitted."),
    _("Check it with a prescan, change it or its login, or submit the analysis."),
)

# Statuses that last minutes at most, unless something is wrong.
SOON_OVER = [
    *(AnalysisStatus.SUBMITTED, AnalysisStatus.PRESCANNING, AnalysisStatus.QUEUED),
    *(AnalysisStatus.STOPPED_SAVING_RESULTS, AnalysisStatus.STOPPED_DELETING_RESULTS),
]

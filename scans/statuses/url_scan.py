"""The catalogue of URL scan statuses, and the sets of statuses that rules refer to."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from scans.reasons import labelled
from scans.statuses.base import (
    PAUSED_ACTIONS,
    REVIEW_ACTIONS,
    STOP_ACTIONS,
    WAITING_ACTIONS,
    Action,
    EndedBy,
    Phase,
    Status,
    available,
    verifying,
)


@labelled
class UrlScanStatus(TextChoices):
    """The status of the scan of one target URL."""

    SUBMITTED = "submitted", _("Submitted")
    SUBMIT_FAILED = "submit_failed", _("Submit Failed")
    SCHEDULED = "scheduled", _("Scheduled")
    QUEUED = "queued", _("Queued")
    QUEUED_WITH_WARNING = "queued_with_warning", _("Queued with warning")
    IN_PROGRESS = "in_progress", _("In Progress")
    PAUSING = "pausing", _("Pausing")
    PAUSED = "paused", _("Paused")
    RESUMING = "resuming", _("Resuming")
    STOPPING_SAVING_RESULTS = "stopping_saving_results", _("Stopping - Saving Results")
    STOPPING_DELETING_RESULTS = "stopping_deleting_results", _("Stopping - Deleting Results")
    STOPPED = "stopped", _("Stopped")
    VERIFICATION_FAILED = "verification_failed", _("Verification Failed")
    CONNECTION_ERROR = "connection_error", _("Connection Error")
    AUTHENTICATION_ERROR = "authentication_error", _("Authentication Error")
    CRAWL_SCRIPT_ERROR = "crawl_script_error", _("Crawl Script Error")
    SITE_UNREACHABLE_STOPPED = "site_unreachable_stopped", _("Site unreachable - Stopped")
    SITE_UNREACHABLE_VERIFYING_RESULTS = (
        "site_unreachable_verifying_results",
        _("Site unreachable - Verifying Results"),
    )
    SITE_UNREACHABLE_RESULTS_AVAILABLE = (
        "site_unreachable_results_available",
        _("Site unreachable - Results Available"),
    )
    TIME_EXPIRED_STOPPED = "time_expired_stopped", _("Time Expired - Stopped")
    TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS = (
        "time_expired_verifying_partial_results",
        _("Time Expired - Verifying Partial Results"),
    )
    TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE = (
        "time_expired_partial_results_available",
        _("Time Expired - Partial Results Available"),
    )
    TECHNICAL_ISSUE_STOPPED = "technical_issue_stopped", _("Technical Issue - Stopped")
    STOPPED_VERIFYING_PARTIAL_RESULTS = (
        "stopped_verifying_partial_results",
        _("Stopped - Verifying Partial Results"),
    )
    STOPPED_PARTIAL_RESULTS_AVAILABLE = (
        "stopped_partial_results_available",
        _("Stopped - Partial Results Available"),
    )
    SCAN_ERROR_VERIFYING_PARTIAL_RESULTS = (
        "scan_error_verifying_partial_results",
        _("Scan Error - Verifying Partial Results"),
    )
    SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE = (
        "scan_error_partial_results_available",
        _("Scan Error - Partial Results Available"),
    )
    KILLED_VERIFYING_PARTIAL_RESULTS = (
        "killed_verifying_partial_results",
        _("Killed - Verifying Partial Results"),
    )
    KILLED_PARTIAL_RESULTS_AVAILABLE = (
        "killed_partial_results_available",
        _("Killed - Partial Results Available"),
    )
    COMPLETED_VERIFYING_RESULTS = "completed_verifying_results", _("Completed - Verifying Results")
    COMPLETED_RESULTS_AVAILABLE = "completed_results_available", _("Completed - Results Available")

    @property
    def info(self) -> Status:
        """The catalogue's entry for this status."""
        return URL_SCAN_STATUSES[self]


_U = UrlScanStatus


_URL_SCAN_ENTRIES = [
    Status(
        _U.SUBMITTED,
        _("The scan of this URL was accepted. It is set up next."),
        _("Nothing to do. If it stays here for long, check for a banner about a missing worker or scheduler."),
        Phase.WAITING,
        "neutral",
        "inbox",
        actions=STOP_ACTIONS,
    ),
    Status(
        _U.SUBMIT_FAILED,
        _("A technical issue prevented the set-up of this scan. Nothing was sent to the site."),
        _("Read the reason, ask an administrator to fix it, then submit again."),
        Phase.WAITING,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
        actions=frozenset({Action.SUBMIT}),
    ),
    Status(
        _U.SCHEDULED,
        _("The scan starts automatically at its start time."),
        _("Nothing to do until then. Stop it if it should not start."),
        Phase.WAITING,
        "neutral",
        "calendar",
        actions=STOP_ACTIONS,
    ),
    Status(
        _U.QUEUED,
        _("The start time has passed, and capacity is free. The next free worker takes this scan."),
        _("Nothing to do. If it stays queued for long, ask an administrator to check that enough workers are running."),
        Phase.WAITING,
        "info",
        "hourglass",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _U.QUEUED_WITH_WARNING,
        _("The start time has passed, but all capacity is in use. This scan waits for another to end."),
        _("Wait for a running scan to end, or ask an administrator for more capacity."),
        Phase.WAITING,
        "warning",
        "hourglass",
        actions=WAITING_ACTIONS,
        warning=True,
    ),
    Status(
        _U.IN_PROGRESS,
        _("The engine is scanning this URL."),
        _("Watch the findings arrive on Scan Details. You can pause or stop the scan."),
        Phase.ACTIVE,
        "progress",
        "play",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _U.PAUSING,
        _("A user paused the scan, or a blackout window is about to begin. The engine saves its session and stops."),
        _("Nothing to do: this takes a few seconds."),
        Phase.ACTIVE,
        "info",
        "pause",
        actions=STOP_ACTIONS,
    ),
    Status(
        _U.PAUSED,
        _(
            "A user or a blackout window paused this scan. The engine has stopped, and its session is saved. "
            "A scan that had not started yet returns to the queue."
        ),
        _(
            "Resume it when the site may be scanned again, or stop it. After a blackout window it resumes "
            "automatically."
        ),
        Phase.ACTIVE,
        "neutral",
        "pause",
        actions=PAUSED_ACTIONS,
    ),
    Status(
        _U.RESUMING,
        _("The scan waits for capacity and a worker, then continues from the saved session."),
        _("Nothing to do: the next free worker takes this scan."),
        Phase.ACTIVE,
        "info",
        "play",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _U.STOPPING_SAVING_RESULTS,
        _("A user stopped this scan. The engine is ending, and the findings so far are being saved."),
        _("Nothing to do: this takes a few seconds."),
        Phase.ACTIVE,
        "info",
        "save",
    ),
    Status(
        _U.STOPPING_DELETING_RESULTS,
        _(
            "A user stopped this scan and chose to delete its results. The engine is ending, then the "
            "results are deleted."
        ),
        _("Nothing to do: this takes a few seconds."),
        Phase.ACTIVE,
        "warning",
        "trash",
    ),
    Status(
        _U.STOPPED,
        _("A user stopped this scan. Its results were deleted, or it had never started."),
        _("Run the analysis again if you want results."),
        Phase.FINAL,
        "neutral",
        "stop",
        ended_by=EndedBy.USER,
    ),
    Status(
        _U.VERIFICATION_FAILED,
        _("A check before the scan failed: the target is not allowed, redirects elsewhere or shows no usable page."),
        _("Open Scan Details, see which check failed, correct the target, then run the analysis again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.CONNECTION_ERROR,
        _(
            "The site cannot be reached: its name does not resolve, it refuses connections, times out or "
            "returns only server errors."
        ),
        _("Check that the site is up and that the worker can reach it, then run the analysis again."),
        Phase.FINAL,
        "danger",
        "plug",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.AUTHENTICATION_ERROR,
        _("The login failed, or its success could not be confirmed."),
        _("Check the user name, password and login script on Scan Details, then run the analysis again."),
        Phase.FINAL,
        "danger",
        "key",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.CRAWL_SCRIPT_ERROR,
        _("The crawl script is malformed, or it failed in the browser."),
        _("Find the failing line on Scan Details, record the script again, then run the analysis again."),
        Phase.FINAL,
        "danger",
        "script",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.SITE_UNREACHABLE_STOPPED,
        _("The site stopped answering during the scan, before anything was found."),
        _("Check that the site is up and can handle the load, then run the analysis again."),
        Phase.FINAL,
        "danger",
        "plug",
        ended_by=EndedBy.SITE,
    ),
    verifying(
        _U.SITE_UNREACHABLE_VERIFYING_RESULTS,
        _("The site stopped answering during the scan. The findings up to then are being verified."),
        EndedBy.SITE,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.SITE_UNREACHABLE_RESULTS_AVAILABLE,
        _(
            "The site stopped answering during the scan. The findings up to then are published; coverage is "
            "lower than expected."
        ),
        _("Read the findings, check the site, then run the analysis again for full coverage."),
        EndedBy.SITE,
    ),
    Status(
        _U.TIME_EXPIRED_STOPPED,
        _("The analysis' duration ended before anything was found at this URL."),
        _("Continue the analysis from the saved session, or run it again with a longer duration."),
        Phase.FINAL,
        "warning",
        "clock",
        ended_by=EndedBy.DURATION,
    ),
    verifying(
        _U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        _("The analysis' duration ended. The findings up to then are being verified."),
        EndedBy.DURATION,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE,
        _("The analysis' duration ended. The findings up to then are published."),
        _("Read the findings. Continue the analysis from the saved session to scan the rest."),
        EndedBy.DURATION,
    ),
    Status(
        _U.TECHNICAL_ISSUE_STOPPED,
        _(
            "A technical issue ended the scan: the worker was lost, the disk was full or the engine failed. "
            "No results were kept."
        ),
        _("Read the reason, tell an administrator, then run the analysis again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
    ),
    verifying(
        _U.STOPPED_VERIFYING_PARTIAL_RESULTS,
        _("A user stopped this scan and kept its results. They are being verified."),
        EndedBy.USER,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.STOPPED_PARTIAL_RESULTS_AVAILABLE,
        _("A user stopped this scan. The findings up to then are published."),
        _("Read the findings. Run the analysis again to scan the rest."),
        EndedBy.USER,
    ),
    verifying(
        _U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS,
        _(
            "The engine stopped unexpectedly, or a check prevented it from continuing. The findings up to "
            "then are being verified."
        ),
        EndedBy.ENGINE,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE,
        _(
            "The engine stopped unexpectedly, or a check prevented it from continuing. The findings up to "
            "then are published."
        ),
        _("Read the reason, the findings and the Engine Log, then run the analysis again."),
        EndedBy.ENGINE,
    ),
    verifying(
        _U.KILLED_VERIFYING_PARTIAL_RESULTS,
        _("More than 50 failed logins in a row ended the scan. The findings up to then are being verified."),
        EndedBy.LOGINS,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.KILLED_PARTIAL_RESULTS_AVAILABLE,
        _("More than 50 failed logins in a row ended the scan. The findings up to then are published."),
        _("Check that the account still works and is not locked, then run the analysis again."),
        EndedBy.LOGINS,
    ),
    verifying(
        _U.COMPLETED_VERIFYING_RESULTS,
        _("The engine finished, and the site still answers. The results are being verified."),
        EndedBy.ITSELF,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.COMPLETED_RESULTS_AVAILABLE,
        _("The scan is complete, and its results are published."),
        _("Fix the findings, then run the analysis again to confirm."),
        EndedBy.ITSELF,
        tone="success",
        icon="check",
    ),
]


URL_SCAN_STATUSES: dict[str, Status] = {entry.code: entry for entry in _URL_SCAN_ENTRIES}


# URL scans that may occupy a capacity slot: they need a worker or hold one.
MAY_HOLD_SLOT = frozenset(
    {
        UrlScanStatus.QUEUED,
        UrlScanStatus.IN_PROGRESS,
        UrlScanStatus.PAUSING,
        UrlScanStatus.RESUMING,
        UrlScanStatus.STOPPING_SAVING_RESULTS,
        UrlScanStatus.STOPPING_DELETING_RESULTS,
    }
)


# URL scans of a started analysis that no worker is running.
WAITING_FOR_A_WORKER = frozenset(
    {
        UrlScanStatus.QUEUED,
        UrlScanStatus.QUEUED_WITH_WARNING,
        UrlScanStatus.PAUSED,
        UrlScanStatus.RESUMING,
    }
)


# URL scans that can be paused: their engine runs, or will run as soon as a worker is free.
PAUSABLE = frozenset(
    {
        UrlScanStatus.QUEUED,
        UrlScanStatus.QUEUED_WITH_WARNING,
        UrlScanStatus.IN_PROGRESS,
        UrlScanStatus.RESUMING,
    }
)


# The duration ended before the scan did. If a session was saved, another run can continue from it.
TIME_EXPIRED = frozenset(
    {
        UrlScanStatus.TIME_EXPIRED_STOPPED,
        UrlScanStatus.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        UrlScanStatus.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE,
    }
)


# The checks before the scan failed; nothing was scanned.
FAILED_VERIFICATION = frozenset(
    {
        UrlScanStatus.VERIFICATION_FAILED,
        UrlScanStatus.CONNECTION_ERROR,
        UrlScanStatus.AUTHENTICATION_ERROR,
        UrlScanStatus.CRAWL_SCRIPT_ERROR,
    }
)

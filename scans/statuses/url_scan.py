"""The catalogue of URL scans: every status, and all that is known about it."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

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
        _("The scan of this URL was asked for and accepted. Its set-up comes next."),
        _("Nothing to do. If this lasts, look whether a banner says that no worker or scheduler is running."),
        Phase.WAITING,
        "neutral",
        "inbox",
        actions=STOP_ACTIONS,
    ),
    Status(
        _U.SUBMIT_FAILED,
        _("A technical issue kept this scan from being set up: nothing was sent to the site."),
        _("Read the reason, have it mended (an administrator can), then submit again."),
        Phase.WAITING,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
        actions=frozenset({Action.SUBMIT}),
    ),
    Status(
        _U.SCHEDULED,
        _("The scan starts by itself at its start time."),
        _("Nothing to do until then. Stop it if it should not start."),
        Phase.WAITING,
        "neutral",
        "calendar",
        actions=STOP_ACTIONS,
    ),
    Status(
        _U.QUEUED,
        _("Its time has come and there is room for it; the next free worker takes it."),
        _("Nothing to do. If this lasts, an administrator should look whether enough workers are running."),
        Phase.WAITING,
        "info",
        "hourglass",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _U.QUEUED_WITH_WARNING,
        _("Its time has come, but as many URL scans are running as capacity allows. It waits for a place."),
        _("Wait for a running scan to end, or ask an administrator for more capacity."),
        Phase.WAITING,
        "warning",
        "hourglass",
        actions=WAITING_ACTIONS,
        warning=True,
    ),
    Status(
        _U.IN_PROGRESS,
        _("A scan engine is running against this URL right now."),
        _("Watch the findings come in on Scan Details. You can pause or stop it."),
        Phase.ACTIVE,
        "progress",
        "play",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _U.PAUSING,
        _(
            "A user asked for a pause, or a blackout window is about to begin. The engine saves where it stands and "
            "stops."
        ),
        _("Nothing to do: this takes seconds."),
        Phase.ACTIVE,
        "info",
        "pause",
        actions=STOP_ACTIONS,
    ),
    Status(
        _U.PAUSED,
        _(
            "A user or a blackout window paused it. The engine has stopped and its session is kept, so that the scan "
            "goes on from there; one that had not started yet goes back to the queue."
        ),
        _("Resume it when the site may be scanned again, or stop it. After a blackout window it goes on by itself."),
        Phase.ACTIVE,
        "neutral",
        "pause",
        actions=PAUSED_ACTIONS,
    ),
    Status(
        _U.RESUMING,
        _("The scan waits for a place and a worker, which goes on from the saved session."),
        _("Nothing to do: the next free worker takes it."),
        Phase.ACTIVE,
        "info",
        "play",
        actions=WAITING_ACTIONS,
    ),
    Status(
        _U.STOPPING_SAVING_RESULTS,
        _("A user stopped this scan. The engine is ending and what it found up to now is being stored."),
        _("Nothing to do: this takes seconds."),
        Phase.ACTIVE,
        "info",
        "save",
    ),
    Status(
        _U.STOPPING_DELETING_RESULTS,
        _("A user stopped this scan and asked for its results to be deleted. Both are under way."),
        _("Nothing to do: this takes seconds."),
        Phase.ACTIVE,
        "warning",
        "trash",
    ),
    Status(
        _U.STOPPED,
        _("A user stopped this scan and nothing was kept, or it was stopped before it ever ran."),
        _("Run the analysis again if you want results."),
        Phase.FINAL,
        "neutral",
        "stop",
        ended_by=EndedBy.USER,
    ),
    Status(
        _U.VERIFICATION_FAILED,
        _("A check before the scan failed: the target is not allowed, leads elsewhere or shows no usable page."),
        _("Open Scan Details, read which check failed, correct the target and run again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.CONNECTION_ERROR,
        _("No usable connection to the site: its name does not resolve, it refuses, times out or only fails."),
        _("Check that the site is up and reachable from the worker, then run again."),
        Phase.FINAL,
        "danger",
        "plug",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.AUTHENTICATION_ERROR,
        _("The login failed, or could not be told to have succeeded."),
        _("Check user name, password and login script on Scan Details, then run again."),
        Phase.FINAL,
        "danger",
        "key",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.CRAWL_SCRIPT_ERROR,
        _("The crawl script is malformed or fails in the browser."),
        _("Open Scan Details for the failing line, record the script again and run again."),
        Phase.FINAL,
        "danger",
        "script",
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.SITE_UNREACHABLE_STOPPED,
        _("The site stopped answering during the scan, before anything was found."),
        _("Check that the site is up and bears the load, then run again."),
        Phase.FINAL,
        "danger",
        "plug",
        ended_by=EndedBy.SITE,
    ),
    verifying(
        _U.SITE_UNREACHABLE_VERIFYING_RESULTS,
        _("The site stopped answering during the scan. What was found before is being verified."),
        EndedBy.SITE,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.SITE_UNREACHABLE_RESULTS_AVAILABLE,
        _("The site stopped answering during the scan; what was found before is published. Coverage is lower."),
        _("Read the findings, check the site, and run again for full coverage."),
        EndedBy.SITE,
    ),
    Status(
        _U.TIME_EXPIRED_STOPPED,
        _("The analysis' duration ended before anything was found in this URL."),
        _("Continue the analysis from the saved session, or run it again with a longer duration."),
        Phase.FINAL,
        "warning",
        "clock",
        ended_by=EndedBy.DURATION,
    ),
    verifying(
        _U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        _("The analysis' duration ended. What was found up to then is being verified."),
        EndedBy.DURATION,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE,
        _("The analysis' duration ended; what was found up to then is published."),
        _("Read the findings, and continue the analysis from the saved session for the rest."),
        EndedBy.DURATION,
    ),
    Status(
        _U.TECHNICAL_ISSUE_STOPPED,
        _("Our side broke (worker lost, disk full, or the engine would not run) and nothing was kept."),
        _("Read the reason, tell an administrator, then run again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
    ),
    verifying(
        _U.STOPPED_VERIFYING_PARTIAL_RESULTS,
        _("A user stopped this scan and kept its results, which are being verified."),
        EndedBy.USER,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.STOPPED_PARTIAL_RESULTS_AVAILABLE,
        _("A user stopped this scan; what was found up to then is published."),
        _("Read the findings, and run again for the rest."),
        EndedBy.USER,
    ),
    verifying(
        _U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS,
        _("The engine stopped unexpectedly, or a check kept it from going on. What it had found is being verified."),
        EndedBy.ENGINE,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE,
        _("The engine stopped unexpectedly, or a check kept it from going on; what it had found is published."),
        _("Read the reason, the findings and the Engine Log, then run again."),
        EndedBy.ENGINE,
    ),
    verifying(
        _U.KILLED_VERIFYING_PARTIAL_RESULTS,
        _("The scan was ended after more than 50 failed logins in a row. What it had found is being verified."),
        EndedBy.LOGINS,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.KILLED_PARTIAL_RESULTS_AVAILABLE,
        _("The scan was ended after more than 50 failed logins in a row; what it had found is published."),
        _("Check that the account still works and is not locked, then run again."),
        EndedBy.LOGINS,
    ),
    verifying(
        _U.COMPLETED_VERIFYING_RESULTS,
        _("The engine finished and the site still answers. The results are being verified."),
        EndedBy.ITSELF,
        actions=REVIEW_ACTIONS,
    ),
    available(
        _U.COMPLETED_RESULTS_AVAILABLE,
        _("The scan ran to its end and its results are published."),
        _("Read the findings and have them mended; then run again to see them gone."),
        EndedBy.ITSELF,
        tone="success",
        icon="check",
    ),
]


URL_SCAN_STATUSES: dict[str, Status] = {entry.code: entry for entry in _URL_SCAN_ENTRIES}


# URL scans that may occupy one of the places that capacity allows: a worker is needed or held.
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


# URL scans that nothing runs for, of an analysis that has begun.
WAITING_FOR_A_WORKER = frozenset(
    {
        UrlScanStatus.QUEUED,
        UrlScanStatus.QUEUED_WITH_WARNING,
        UrlScanStatus.PAUSED,
        UrlScanStatus.RESUMING,
    }
)


# URL scans that a pause concerns: their engine runs, or would run as soon as there is a worker.
PAUSABLE = frozenset(
    {
        UrlScanStatus.QUEUED,
        UrlScanStatus.QUEUED_WITH_WARNING,
        UrlScanStatus.IN_PROGRESS,
        UrlScanStatus.RESUMING,
    }
)


# Their duration ended before they did; where a session was saved, another run can go on from it.
TIME_EXPIRED = frozenset(
    {
        UrlScanStatus.TIME_EXPIRED_STOPPED,
        UrlScanStatus.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        UrlScanStatus.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE,
    }
)


# The checks before a scan ended it here; nothing of it was scanned.
FAILED_VERIFICATION = frozenset(
    {
        UrlScanStatus.VERIFICATION_FAILED,
        UrlScanStatus.CONNECTION_ERROR,
        UrlScanStatus.AUTHENTICATION_ERROR,
        UrlScanStatus.CRAWL_SCRIPT_ERROR,
    }
)

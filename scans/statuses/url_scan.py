"""The catalogue of URL scan statuses, and the sets of statuses that rules refer to."""

from dataclasses import replace

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from scans.reasons import labelled
from scans.statuses.base import Action, Actions, EndedBy, Phase, Results, Status, available, verifying


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
    STOPPED_VERIFYING_PARTIAL_RESULTS = "stopped_verifying_partial_results", _("Stopped - Verifying Partial Results")
    STOPPED_PARTIAL_RESULTS_AVAILABLE = "stopped_partial_results_available", _("Stopped - Partial Results Available")
    SCAN_ERROR_VERIFYING_PARTIAL_RESULTS = (
        "scan_error_verifying_partial_results",
        _("Scan Error - Verifying Partial Results"),
    )
    SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE = (
        "scan_error_partial_results_available",
        _("Scan Error - Partial Results Available"),
    )
    KILLED_VERIFYING_PARTIAL_RESULTS = "killed_verifying_partial_results", _("Killed - Verifying Partial Results")
    KILLED_PARTIAL_RESULTS_AVAILABLE = "killed_partial_results_available", _("Killed - Partial Results Available")
    COMPLETED_VERIFYING_RESULTS = "completed_verifying_results", _("Completed - Verifying Results")
    COMPLETED_RESULTS_AVAILABLE = "completed_results_available", _("Completed - Results Available")

    @property
    def info(self) -> Status:
        """The catalogue's entry for this status."""
        return URL_SCAN_STATUSES[self]


_U = UrlScanStatus

# fmt: off
_URL_SCAN_ENTRIES = [
    Status(
        _U.SUBMITTED, Phase.WAITING, "neutral", "inbox",
        _("The scan of this URL was accepted. It is set up next."),
        _("Nothing to do. If it stays here for long, check for a banner about a missing worker or scheduler."),
        actions=Actions.STOP,
    ),
    Status(
        _U.SUBMIT_FAILED, Phase.WAITING, "danger", "warning",
        _("A technical issue prevented the set-up of this scan. Nothing was sent to the site."),
        _("Read the reason, ask an administrator to fix it, then submit again."),
        ended_by=EndedBy.TECHNICAL, actions=frozenset({Action.SUBMIT}),
    ),
    Status(
        _U.SCHEDULED, Phase.WAITING, "neutral", "calendar",
        _("The scan starts automatically at its start time."),
        _("Nothing to do until then. Stop it if it should not start."),
        actions=Actions.STOP,
    ),
    Status(
        _U.QUEUED, Phase.WAITING, "info", "hourglass",
        _("The start time has passed, and capacity is free. The next free worker takes this scan."),
        _("Nothing to do. If it stays queued for long, ask an administrator to check that enough workers are running."),
        actions=Actions.WAITING,
    ),
    Status(
        _U.QUEUED_WITH_WARNING, Phase.WAITING, "warning", "hourglass",
        _("The start time has passed, but all capacity is in use, or no worker serves the zone of this URL."),
        _("Wait for a running scan to end, or ask an administrator for more capacity or for a worker."),
        actions=Actions.WAITING, warning=True,
    ),
    Status(
        _U.IN_PROGRESS, Phase.ACTIVE, "progress", "play",
        _("The engine is scanning this URL."),
        _("Watch the findings arrive on Scan Details. You can pause or stop the scan."),
        actions=Actions.WAITING,
    ),
    Status(
        _U.PAUSING, Phase.ACTIVE, "info", "pause",
        _("A user paused the scan, or a blackout window is about to begin. The engine saves its session and stops."),
        _("Nothing to do: this takes a few seconds."),
        actions=Actions.STOP,
    ),
    Status(
        _U.PAUSED, Phase.ACTIVE, "neutral", "pause",
        _("A user or a blackout window paused this scan. The engine has stopped, and its session is saved. "
          "A scan that had not started yet returns to the queue."),
        _("Resume it when the site may be scanned again, or stop it. After a blackout window it resumes "
          "automatically."),
        actions=Actions.PAUSED,
    ),
    Status(
        _U.RESUMING, Phase.ACTIVE, "info", "play",
        _("The scan waits for capacity and a worker, then continues from the saved session."),
        _("Nothing to do: the next free worker takes this scan."),
        actions=Actions.WAITING,
    ),
    Status(
        _U.STOPPING_SAVING_RESULTS, Phase.ACTIVE, "info", "save",
        _("A user stopped this scan. The engine is ending, and the findings so far are being saved."),
        _("Nothing to do: this takes a few seconds."),
    ),
    Status(
        _U.STOPPING_DELETING_RESULTS, Phase.ACTIVE, "warning", "trash",
        _("A user stopped this scan and chose to delete its results. The engine is ending, then the "
          "results are deleted."),
        _("Nothing to do: this takes a few seconds."),
    ),
    Status(
        _U.STOPPED, Phase.FINAL, "neutral", "stop",
        _("A user stopped this scan. Its results were deleted, or it had never started."),
        _("Run the analysis again if you want results."),
        ended_by=EndedBy.USER,
    ),
    Status(
        _U.VERIFICATION_FAILED, Phase.FINAL, "danger", "warning",
        _("A check before the scan failed: the target is not allowed, redirects elsewhere or shows no usable page."),
        _("Open Scan Details, see which check failed, correct the target, then run the analysis again."),
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.CONNECTION_ERROR, Phase.FINAL, "danger", "plug",
        _("The site cannot be reached: its name does not resolve, it refuses connections, times out or "
          "returns only server errors."),
        _("Check that the site is up and that the worker can reach it, then run the analysis again."),
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.AUTHENTICATION_ERROR, Phase.FINAL, "danger", "key",
        _("The login failed, or its success could not be confirmed."),
        _("Check the user name, password and login script on Scan Details, then run the analysis again."),
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.CRAWL_SCRIPT_ERROR, Phase.FINAL, "danger", "script",
        _("The crawl script is malformed, or it failed in the browser."),
        _("Find the failing line on Scan Details, record the script again, then run the analysis again."),
        ended_by=EndedBy.CHECKS,
    ),
    Status(
        _U.SITE_UNREACHABLE_STOPPED, Phase.FINAL, "danger", "plug",
        _("The site stopped answering during the scan, or refuses us: the reason says which. Nothing was found."),
        _("Check that the site is up, can handle the load and admits the scanner, then run the analysis again."),
        ended_by=EndedBy.SITE,
    ),
    verifying(
        _U.SITE_UNREACHABLE_VERIFYING_RESULTS, EndedBy.SITE,
        _("The site stopped answering during the scan, or refuses us. The findings up to then are being verified."),
    ),
    available(
        _U.SITE_UNREACHABLE_RESULTS_AVAILABLE, EndedBy.SITE,
        _("The site stopped answering during the scan, or refuses us: the reason says which. The findings up to then "
          "are published; coverage is lower than expected."),
        _("Read the findings, check the site, then run the analysis again for full coverage."),
    ),
    Status(
        _U.TIME_EXPIRED_STOPPED, Phase.FINAL, "warning", "clock",
        _("The analysis' duration ended before anything was found at this URL."),
        _("Continue the analysis from the saved session, or run it again with a longer duration."),
        ended_by=EndedBy.DURATION,
    ),
    verifying(
        _U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, EndedBy.DURATION,
        _("The analysis' duration ended. The findings up to then are being verified."),
    ),
    available(
        _U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE, EndedBy.DURATION,
        _("The analysis' duration ended. The findings up to then are published."),
        _("Read the findings. Continue the analysis from the saved session to scan the rest."),
    ),
    Status(
        _U.TECHNICAL_ISSUE_STOPPED, Phase.FINAL, "danger", "warning",
        _("A technical issue ended the scan: the worker was lost, the disk was full or the engine failed. "
          "No results were kept."),
        _("Read the reason, tell an administrator, then run the analysis again."),
        ended_by=EndedBy.TECHNICAL,
    ),
    verifying(
        _U.STOPPED_VERIFYING_PARTIAL_RESULTS, EndedBy.USER,
        _("A user stopped this scan and kept its results. They are being verified."),
    ),
    available(
        _U.STOPPED_PARTIAL_RESULTS_AVAILABLE, EndedBy.USER,
        _("A user stopped this scan. The findings up to then are published."),
        _("Read the findings. Run the analysis again to scan the rest."),
    ),
    verifying(
        _U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS, EndedBy.ENGINE,
        _("The engine stopped unexpectedly, or a check prevented it from continuing. The findings up to "
          "then are being verified."),
    ),
    available(
        _U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE, EndedBy.ENGINE,
        _("The engine stopped unexpectedly, or a check prevented it from continuing. The findings up to "
          "then are published."),
        _("Read the reason, the findings and the Engine Log, then run the analysis again."),
    ),
    verifying(
        _U.KILLED_VERIFYING_PARTIAL_RESULTS, EndedBy.LOGINS,
        _("More than 50 failed logins in a row ended the scan. The findings up to then are being verified."),
    ),
    available(
        _U.KILLED_PARTIAL_RESULTS_AVAILABLE, EndedBy.LOGINS,
        _("More than 50 failed logins in a row ended the scan. The findings up to then are published."),
        _("Check that the account still works and is not locked, then run the analysis again."),
    ),
    verifying(
        _U.COMPLETED_VERIFYING_RESULTS, EndedBy.ITSELF,
        _("The engine finished, and the site still answers. The results are being verified."),
    ),
    available(
        _U.COMPLETED_RESULTS_AVAILABLE, EndedBy.ITSELF,
        _("The scan is complete, and its results are published."),
        _("Fix the findings, then run the analysis again to confirm."),
        tone="success", icon="check",
    ),
]
# fmt: on
URL_SCAN_STATUSES: dict[str, Status] = {
    entry.code: entry if entry.results == Results.NONE else replace(entry, actions=entry.actions | Actions.RESULTS)
    for entry in _URL_SCAN_ENTRIES
}

_STOPPING = {_U.STOPPING_SAVING_RESULTS, _U.STOPPING_DELETING_RESULTS}
# URL scans that may occupy a capacity slot: they need a worker or hold one.
MAY_HOLD_SLOT = frozenset({_U.QUEUED, _U.IN_PROGRESS, _U.PAUSING, _U.RESUMING, *_STOPPING})
# URL scans of a started analysis that no worker is running.
WAITING_FOR_A_WORKER = frozenset({_U.QUEUED, _U.QUEUED_WITH_WARNING, _U.PAUSED, _U.RESUMING})
# URL scans that can be paused: their engine runs, or will run as soon as a worker is free.
WAITING_FOR_CAPACITY = frozenset({_U.QUEUED_WITH_WARNING, _U.RESUMING})  # without a slot

PAUSABLE = frozenset({_U.QUEUED, _U.QUEUED_WITH_WARNING, _U.IN_PROGRESS, _U.RESUMING})
# The duration ended before the scan did. If a session was saved, another run can continue from it.
TIME_EXPIRED = frozenset(
    {_U.TIME_EXPIRED_STOPPED, _U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, _U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE}
)
# Something other than a user or the duration kept these scans from being complete.
_FAILURES = {EndedBy.CHECKS, EndedBy.SITE, EndedBy.LOGINS, EndedBy.ENGINE, EndedBy.TECHNICAL}
FAILED = frozenset(
    code
    for code, status in URL_SCAN_STATUSES.items()
    if status.ended_by in _FAILURES and (status.final or code == _U.SUBMIT_FAILED)
)
# The checks before the scan failed; nothing was scanned.
FAILED_VERIFICATION = frozenset(
    {_U.VERIFICATION_FAILED, _U.CONNECTION_ERROR, _U.AUTHENTICATION_ERROR, _U.CRAWL_SCRIPT_ERROR}
)

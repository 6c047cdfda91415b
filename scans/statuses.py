"""The catalogue: every status of an analysis and of a URL scan, and all that is known about it.

Pages, commands, admin, docs and tests read statuses from here and from nowhere else. Which status
follows which stands in `transitions`; how an analysis' status follows from its URL scans in `rollup`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Phase(TextChoices):
    """Where in its life something with this status stands."""

    WAITING = "waiting", _("Waiting")
    ACTIVE = "active", _("Active")
    REVIEW = "review", _("Under verification")
    FINAL = "final", _("Ended")


class Results(TextChoices):
    """What results exist under this status."""

    NONE = "none", _("No results")
    VERIFYING = "under_verification", _("Results under verification")
    AVAILABLE = "available", _("Results available")


class EndedBy(TextChoices):
    """What ended it."""

    NOTHING = "", _("Not ended")
    ITSELF = "itself", _("It ran to its end")
    USER = "user", _("A user stopped it")
    DURATION = "duration", _("Its duration ended")
    SITE = "site", _("The site stopped answering")
    CHECKS = "checks", _("Checks before the scan failed")
    LOGINS = "logins", _("Too many failed logins")
    ENGINE = "engine", _("The engine stopped unexpectedly, or a check held it back")
    TECHNICAL = "technical", _("A technical issue on our side")


class Action(TextChoices):
    """What a user may ask for; the label is the button's."""

    EDIT = "edit", _("Edit")
    PRESCAN = "prescan", _("Prescan only")
    SUBMIT = "submit", _("Submit")
    STOP_SAVE = "stop_save", _("Stop and save results")
    STOP_DELETE = "stop_delete", _("Stop and delete results")
    PAUSE = "pause", _("Pause")
    RESUME = "resume", _("Resume")
    EXTEND = "extend", _("Extend the duration")
    CONTINUE = "continue", _("Continue from the saved session")
    PUBLISH = "publish", _("Publish results")
    RUN_AGAIN = "run_again", _("Run again")
    DELETE = "delete", _("Delete")


@dataclass(frozen=True)
class Status:
    """One entry of the catalogue. `actions` are those that the status allows; roles limit them further.

    Texts are English, or whatever language is in force when they are read.
    """

    choice: TextChoices
    meaning: Promise
    advice: Promise
    phase: Phase
    tone: str  # neutral, info, progress, success, warning, danger
    icon: str  # a symbol of static/icons.svg
    results: Results = Results.NONE
    ended_by: EndedBy = EndedBy.NOTHING
    actions: frozenset[Action] = frozenset()
    warning: bool = False

    @property
    def code(self) -> str:
        """The label in lower-case words: what is stored, filtered by and linked to."""
        return self.choice.value

    @property
    def label(self) -> str:
        """What people see."""
        return str(self.choice.label)

    @property
    def description(self) -> str:
        """What it means."""
        return str(self.meaning)

    @property
    def next_step(self) -> str:
        """What to do next."""
        return str(self.advice)

    @property
    def final(self) -> bool:
        """True when nothing can change this status any more."""
        return self.phase == Phase.FINAL

    def allows(self, action: Action) -> bool:
        """Whether the status allows this action, whoever asks."""
        return action in self.actions


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


_STOP = frozenset({Action.STOP_SAVE, Action.STOP_DELETE})
_WAITS = _STOP | {Action.PAUSE}
_RUNS = _STOP | {Action.PAUSE, Action.EXTEND}
_PAUSED = _STOP | {Action.RESUME}
_ENDED = frozenset({Action.RUN_AGAIN, Action.DELETE})
_UNDER_REVIEW = frozenset({Action.PUBLISH})


def _verifying(status, meaning: Promise, ended_by: EndedBy, *, actions=frozenset()) -> Status:
    """The entry of a status whose results are being verified; all of these share their next step."""
    return Status(
        status,
        meaning,
        _(
            "Wait: each finding's request is replayed against the site, which takes minutes at most. "
            "Where a reviewer publishes, a reviewer can look at the results now."
        ),
        Phase.REVIEW,
        "info",
        "shield",
        Results.VERIFYING,
        ended_by,
        actions,
    )


def _available(status, meaning, advice, ended_by, *, tone="warning", icon="check-partial", actions=frozenset()):
    """The entry of a status whose results are published."""
    return Status(
        status,
        meaning,
        advice,
        Phase.FINAL,
        tone,
        icon,
        Results.AVAILABLE,
        ended_by,
        actions,
    )


_U = UrlScanStatus
_URL_SCAN_ENTRIES = [
    Status(
        _U.SUBMITTED,
        _("The scan of this URL was asked for and accepted. Its set-up comes next."),
        _("Nothing to do. If this lasts, look whether a banner says that no worker or scheduler is running."),
        Phase.WAITING,
        "neutral",
        "inbox",
        actions=_STOP,
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
        actions=_STOP,
    ),
    Status(
        _U.QUEUED,
        _("Its time has come and there is room for it; the next free worker takes it."),
        _("Nothing to do. If this lasts, an administrator should look whether enough workers are running."),
        Phase.WAITING,
        "info",
        "hourglass",
        actions=_WAITS,
    ),
    Status(
        _U.QUEUED_WITH_WARNING,
        _("Its time has come, but as many URL scans are running as capacity allows. It waits for a place."),
        _("Wait for a running scan to end, or ask an administrator for more capacity."),
        Phase.WAITING,
        "warning",
        "hourglass",
        actions=_WAITS,
        warning=True,
    ),
    Status(
        _U.IN_PROGRESS,
        _("A scan engine is running against this URL right now."),
        _("Watch the findings come in on Scan Details. You can pause or stop it."),
        Phase.ACTIVE,
        "progress",
        "play",
        actions=_WAITS,
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
        actions=_STOP,
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
        actions=_PAUSED,
    ),
    Status(
        _U.RESUMING,
        _("The scan waits for a place and a worker, which goes on from the saved session."),
        _("Nothing to do: the next free worker takes it."),
        Phase.ACTIVE,
        "info",
        "play",
        actions=_WAITS,
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
    _verifying(
        _U.SITE_UNREACHABLE_VERIFYING_RESULTS,
        _("The site stopped answering during the scan. What was found before is being verified."),
        EndedBy.SITE,
        actions=_UNDER_REVIEW,
    ),
    _available(
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
    _verifying(
        _U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        _("The analysis' duration ended. What was found up to then is being verified."),
        EndedBy.DURATION,
        actions=_UNDER_REVIEW,
    ),
    _available(
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
    _verifying(
        _U.STOPPED_VERIFYING_PARTIAL_RESULTS,
        _("A user stopped this scan and kept its results, which are being verified."),
        EndedBy.USER,
        actions=_UNDER_REVIEW,
    ),
    _available(
        _U.STOPPED_PARTIAL_RESULTS_AVAILABLE,
        _("A user stopped this scan; what was found up to then is published."),
        _("Read the findings, and run again for the rest."),
        EndedBy.USER,
    ),
    _verifying(
        _U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS,
        _("The engine stopped unexpectedly, or a check kept it from going on. What it had found is being verified."),
        EndedBy.ENGINE,
        actions=_UNDER_REVIEW,
    ),
    _available(
        _U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE,
        _("The engine stopped unexpectedly, or a check kept it from going on; what it had found is published."),
        _("Read the reason, the findings and the Engine Log, then run again."),
        EndedBy.ENGINE,
    ),
    _verifying(
        _U.KILLED_VERIFYING_PARTIAL_RESULTS,
        _("The scan was ended after more than 50 failed logins in a row. What it had found is being verified."),
        EndedBy.LOGINS,
        actions=_UNDER_REVIEW,
    ),
    _available(
        _U.KILLED_PARTIAL_RESULTS_AVAILABLE,
        _("The scan was ended after more than 50 failed logins in a row; what it had found is published."),
        _("Check that the account still works and is not locked, then run again."),
        EndedBy.LOGINS,
    ),
    _verifying(
        _U.COMPLETED_VERIFYING_RESULTS,
        _("The engine finished and the site still answers. The results are being verified."),
        EndedBy.ITSELF,
        actions=_UNDER_REVIEW,
    ),
    _available(
        _U.COMPLETED_RESULTS_AVAILABLE,
        _("The scan ran to its end and its results are published."),
        _("Read the findings and have them mended; then run again to see them gone."),
        EndedBy.ITSELF,
        tone="success",
        icon="check",
    ),
]

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
        actions=_STOP,
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
        actions=_STOP,
    ),
    Status(
        _A.SCHEDULED,
        _("The analysis starts by itself at its start time."),
        _("Nothing to do until then. Stop it if it should not start."),
        Phase.WAITING,
        "neutral",
        "calendar",
        actions=_STOP,
    ),
    Status(
        _A.QUEUED,
        _("Its time has come, and none of its URL scans has started for want of capacity or a worker."),
        _("Wait for running scans to end, or ask an administrator for more capacity or workers."),
        Phase.WAITING,
        "info",
        "hourglass",
        actions=_WAITS,
    ),
    Status(
        _A.IN_PROGRESS,
        _("At least one URL scan has started, and not all have ended."),
        _("Watch the findings come in. You can pause or stop it."),
        Phase.ACTIVE,
        "progress",
        "play",
        actions=_RUNS,
    ),
    Status(
        _A.IN_PROGRESS_WITH_WARNING,
        _("At least one URL scan has started and not all have ended; at least one URL failed verification."),
        _("Look at the URLs marked as failed: they are not scanned. The others go on."),
        Phase.ACTIVE,
        "warning",
        "play",
        actions=_RUNS,
        warning=True,
    ),
    Status(
        _A.PAUSED,
        _("Every URL scan that has not ended is paused; sessions are kept."),
        _("Resume it when the sites may be scanned again, or stop it. After a blackout window it goes on by itself."),
        Phase.ACTIVE,
        "neutral",
        "pause",
        actions=_PAUSED | {Action.EXTEND},
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
    _verifying(
        _A.COMPLETED_VERIFYING_RESULTS,
        _("All URL scans ran to their end; their results are being verified."),
        EndedBy.ITSELF,
        actions=_UNDER_REVIEW | _STOP,
    ),
    _verifying(
        _A.COMPLETED_VERIFYING_PARTIAL_RESULTS,
        _("All URL scans have ended, at least one failed its checks or is partial; results are being verified."),
        EndedBy.ITSELF,
        actions=_UNDER_REVIEW | _STOP,
    ),
    _verifying(
        _A.STOPPED_VERIFYING_RESULTS,
        _(
            "A user stopped the analysis when every URL scan had already completed. The complete results can be "
            "seen while they are verified."
        ),
        EndedBy.USER,
        actions=_UNDER_REVIEW,
    ),
    _verifying(
        _A.STOPPED_VERIFYING_PARTIAL_RESULTS,
        _("A user stopped the analysis and kept its results; at least one is partial. They are being verified."),
        EndedBy.USER,
        actions=_UNDER_REVIEW,
    ),
    _verifying(
        _A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        _("The duration ended; every URL scan has results, which are being verified."),
        EndedBy.DURATION,
        actions=_UNDER_REVIEW | {Action.CONTINUE},
    ),
    _verifying(
        _A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS,
        _("The duration ended; some URL scans have results, which are being verified, others have nothing."),
        EndedBy.DURATION,
        actions=_UNDER_REVIEW | {Action.CONTINUE},
    ),
    _available(
        _A.COMPLETED_RESULTS_AVAILABLE,
        _("Every URL was scanned to the end, and the results are published."),
        _("Read the findings and have them mended; then run again to see them gone."),
        EndedBy.ITSELF,
        tone="success",
        icon="check",
        actions=_ENDED,
    ),
    _available(
        _A.COMPLETED_PARTIAL_RESULTS_AVAILABLE,
        _(
            "The results are published, but something is missing: a URL failed its checks, ran out of time, "
            "broke, or was stopped."
        ),
        _("Read the findings, see at the URL scans what is missing, and run again for it."),
        EndedBy.ITSELF,
        actions=_ENDED | {Action.CONTINUE},
    ),
    _available(
        _A.STOPPED_PARTIAL_RESULTS_AVAILABLE,
        _("A user stopped the analysis; what was found up to then is published."),
        _("Read the findings, and run again for the rest."),
        EndedBy.USER,
        actions=_ENDED,
    ),
    Status(
        _A.ALL_VERIFICATIONS_FAILED,
        _("Every URL failed its checks, so nothing was scanned."),
        _("Open each URL's Scan Details, read which check failed, correct it and run again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.CHECKS,
        actions=_ENDED,
    ),
    Status(
        _A.STOPPED_SCAN_DURATION_ENDED,
        _("The duration ended and no URL scan had anything to publish."),
        _("Continue it from the saved sessions, or run again with a longer duration."),
        Phase.FINAL,
        "warning",
        "clock",
        ended_by=EndedBy.DURATION,
        actions=_ENDED | {Action.CONTINUE},
    ),
    Status(
        _A.STOPPED_TECHNICAL_ISSUE,
        _("Our side broke, or the sites stopped answering, and no URL scan has anything to publish."),
        _("Read the reason at the URL scans, have it mended, then run again."),
        Phase.FINAL,
        "danger",
        "warning",
        ended_by=EndedBy.TECHNICAL,
        actions=_ENDED,
    ),
    Status(
        _A.STOPPED,
        _("A user stopped the analysis and its results were deleted, or there were none."),
        _("Run again if you want results."),
        Phase.FINAL,
        "neutral",
        "stop",
        ended_by=EndedBy.USER,
        actions=_ENDED,
    ),
]

URL_SCAN_STATUSES: dict[str, Status] = {entry.code: entry for entry in _URL_SCAN_ENTRIES}
ANALYSIS_STATUSES: dict[str, Status] = {entry.code: entry for entry in _ANALYSIS_ENTRIES}


def in_phase(catalogue: dict[str, Status], *phases: Phase) -> list[str]:
    """The codes of `catalogue` in any of these phases, in the catalogue's order."""
    return [code for code, status in catalogue.items() if status.phase in phases]


# URL scans that may occupy one of the places that capacity allows: a worker is needed or held.
MAY_HOLD_A_PLACE = frozenset(
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
# Runs that brought nothing for a reason that will likely hold next time too.
FAILED_RUNS = frozenset(
    {
        AnalysisStatus.NOT_SUBMITTED,
        AnalysisStatus.ALL_VERIFICATIONS_FAILED,
        AnalysisStatus.STOPPED_TECHNICAL_ISSUE,
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
# Where each status under verification goes when its results are published.
PUBLISHED_AS = {
    _U.SITE_UNREACHABLE_VERIFYING_RESULTS: _U.SITE_UNREACHABLE_RESULTS_AVAILABLE,
    _U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS: _U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE,
    _U.STOPPED_VERIFYING_PARTIAL_RESULTS: _U.STOPPED_PARTIAL_RESULTS_AVAILABLE,
    _U.SCAN_ERROR_VERIFYING_PARTIAL_RESULTS: _U.SCAN_ERROR_PARTIAL_RESULTS_AVAILABLE,
    _U.KILLED_VERIFYING_PARTIAL_RESULTS: _U.KILLED_PARTIAL_RESULTS_AVAILABLE,
    _U.COMPLETED_VERIFYING_RESULTS: _U.COMPLETED_RESULTS_AVAILABLE,
}

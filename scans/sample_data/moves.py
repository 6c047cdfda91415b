"""The paths of a made-up URL scan, and the log entry of each move, as `transitions` writes it."""

from scans.models import Actor
from scans.reasons import NO_REASON, Reason
from scans.statuses import FAILED_VERIFICATION, PUBLISHED_AS, EndedBy
from scans.statuses import UrlScanStatus as U

ADDRESS = "https://example.com/"
ENGINE = {"engine": "Wapiti", "version": "3.2.3"}
PUBLISHED = frozenset(PUBLISHED_AS.values())
STOPS = frozenset({U.STOPPING_SAVING_RESULTS, U.STOPPING_DELETING_RESULTS, U.STOPPED})

_SET_UP = (U.SUBMITTED, U.SCHEDULED)
_RUN = (*_SET_UP, U.QUEUED, U.IN_PROGRESS)
_SAVED = (*_RUN, U.STOPPING_SAVING_RESULTS)
_PATHS = {
    U.SUBMITTED: (U.SUBMITTED,),
    U.SUBMIT_FAILED: (U.SUBMITTED, U.SUBMIT_FAILED),
    U.SCHEDULED: _SET_UP,
    U.QUEUED: (*_SET_UP, U.QUEUED),
    U.QUEUED_WITH_WARNING: (*_SET_UP, U.QUEUED_WITH_WARNING),
    U.IN_PROGRESS: _RUN,
    U.PAUSING: (*_RUN, U.PAUSING),
    U.PAUSED: (*_RUN, U.PAUSING, U.PAUSED),
    U.RESUMING: (*_RUN, U.PAUSING, U.PAUSED, U.RESUMING),
    U.STOPPED: (*_RUN, U.STOPPING_DELETING_RESULTS, U.STOPPED),
    U.STOPPED_VERIFYING_PARTIAL_RESULTS: (*_SAVED, U.STOPPED_VERIFYING_PARTIAL_RESULTS),
    **{failed: (U.SUBMITTED, failed) for failed in FAILED_VERIFICATION},
}
BEYOND_CAPACITY = (*_SET_UP, U.QUEUED_WITH_WARNING, U.QUEUED, U.IN_PROGRESS)
PAUSED_ONCE = (*_RUN, U.PAUSING, U.PAUSED, U.RESUMING, U.IN_PROGRESS)
LOST_ONCE = (*_RUN, U.RESUMING, U.IN_PROGRESS)
NEVER_RAN = (*_SET_UP, U.STOPPED)

_ENTRIES = {
    U.SUBMITTED: ("url_scan.submitted", Actor.USER),
    U.SUBMIT_FAILED: ("url_scan.submit_failed", Actor.WORKER),
    U.SCHEDULED: ("url_scan.scheduled", Actor.WORKER),
    U.QUEUED: ("url_scan.queued", Actor.SCHEDULER),
    U.QUEUED_WITH_WARNING: ("url_scan.capacity_exhausted", Actor.SCHEDULER),
    U.IN_PROGRESS: ("url_scan.started", Actor.WORKER),
    (U.RESUMING, U.IN_PROGRESS): ("url_scan.went_on", Actor.WORKER),
    U.PAUSING: ("url_scan.paused", Actor.USER),
    U.PAUSED: ("url_scan.session_saved", Actor.WORKER),
    U.RESUMING: ("url_scan.resumed", Actor.USER),
    (U.IN_PROGRESS, U.RESUMING): ("url_scan.worker_lost", Actor.SCHEDULER),
    **{stop: ("url_scan.stopped", Actor.USER) for stop in STOPS},
    (U.STOPPING_DELETING_RESULTS, U.STOPPED): ("url_scan.results_deleted", Actor.WORKER),
    U.TECHNICAL_ISSUE_STOPPED: ("url_scan.ended", Actor.WORKER),
    **{failed: ("url_scan.check_failed", Actor.PRESCAN) for failed in FAILED_VERIFICATION},
    **{published: ("url_scan.published", Actor.VERIFICATION) for published in PUBLISHED},
}
_ENDED = ("url_scan.ended", Actor.ENGINE)  # every other move

FAILED_STEPS = {
    U.VERIFICATION_FAILED: ("page", Reason("no_page_to_start_from", url=ADDRESS, status=404)),
    U.CONNECTION_ERROR: (
        "name resolution",
        Reason("name_not_resolved", host="example.com", error="Name or service not known"),
    ),
    U.AUTHENTICATION_ERROR: ("page", Reason("login_required", url=ADDRESS)),
    U.CRAWL_SCRIPT_ERROR: (
        "crawl script",
        Reason("at_command", line=4, command="click", error=Reason("no_element", target="css=button.next")),
    ),
}
_REASONS = {
    EndedBy.DURATION: Reason("duration_ended"),
    EndedBy.SITE: Reason("site_silent"),
    EndedBy.ENGINE: Reason("engine_silent"),
    EndedBy.LOGINS: Reason("logins_failed", count=51, failure=Reason("page_asks_again", url=ADDRESS)),
    EndedBy.TECHNICAL: Reason("disk_full"),
}
_OTHER_REASONS = {
    U.SUBMIT_FAILED: Reason("engine_does_not_start", engine="Wapiti", error="its environment is incomplete"),
    U.QUEUED_WITH_WARNING: Reason("capacity_used_up"),
    (U.IN_PROGRESS, U.RESUMING): Reason("worker_silent"),
}


def path(status: U) -> tuple[U, ...]:
    """Return the statuses of a URL scan from its submission to this one, along the usual path."""
    if status in PUBLISHED:
        verifying = next(before for before, after in PUBLISHED_AS.items() if after == status)
        return (*path(verifying), status)
    return _PATHS.get(status, (*_RUN, status))


def entry_for(before: U | str, to: U) -> tuple[str, Actor]:
    """Return the log's action for a move, and its actor."""
    return _ENTRIES.get((before, to)) or _ENTRIES.get(to, _ENDED)


def along(way: tuple[U, ...], to: U) -> tuple[U, ...]:
    """Return a path to the end of a running scan that starts with `way` instead of the usual path."""
    return (*way, *path(to)[len(_RUN) :])


def reason_for(before: U | str, to: U) -> Reason:
    """Return the reason of a move; false if there is nothing to say."""
    if to in FAILED_VERIFICATION:
        return FAILED_STEPS[to][1]
    if to in PUBLISHED or to in STOPS:
        return NO_REASON
    return _OTHER_REASONS.get((before, to)) or _OTHER_REASONS.get(to) or _REASONS.get(to.info.ended_by, NO_REASON)

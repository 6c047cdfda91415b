"""Verbs that make another analysis from one: its next run, whole or of some URLs, as it was or changed, or a copy."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from scans import activity
from scans.configuration.submission import Submission, changes, configuration, of_urls, once_more
from scans.models import Analysis, UrlScan
from scans.statuses import FAILED, TIME_EXPIRED, Action
from scans.transitions.claim import claim
from scans.transitions.core import (
    By,
    TransitionRefused,
    locked,
    locked_scan,
    permit,
    refuse_deleted,
    require,
    roll_up,
    scans_in,
    verb,
)
from scans.transitions.submission import save, submit


@verb
def run_again(analysis: Analysis, *, by: By, key: UUID | None = None) -> Analysis:
    """Submit the same configuration as the next run of the series, to start now. Returns the new run.

    The run keeps the `key`, by which a program that asks twice finds it.
    """
    analysis = claim(analysis, Action.RUN_AGAIN, by)
    again = submit(replace(once_more(analysis), key=key), by=by)
    roll_up(analysis, by, "analysis.run_again", run=again.run)
    return again


@verb
def run_failed_again(analysis: Analysis, *, by: By) -> Analysis:
    """Submit the URLs whose scans failed as the next run of the series, to start now. Returns the new run."""
    analysis = claim(analysis, Action.RUN_AGAIN, by)
    failed = [scan.url for scan in scans_in(analysis, *FAILED)]
    if not failed:
        raise TransitionRefused("nothing_failed", analysis=analysis)
    return _run_some(analysis, failed, by)


@verb
def run_scan_again(url_scan: UrlScan, *, by: By) -> Analysis:
    """Submit the URL of one URL scan as the next run of the series, to start now. Returns the new run.

    Refused until the whole analysis has ended.
    """
    permit(by, "submit_analysis")
    scan = locked_scan(url_scan)
    require(scan.analysis, Action.RUN_AGAIN)
    return _run_some(scan.analysis, [scan.url], by)


def _run_some(analysis: Analysis, urls: Collection[str], by: By) -> Analysis:
    """Submit these URLs of an ended, locked analysis as the next run."""
    again = submit(of_urls(once_more(analysis), urls), by=by)
    roll_up(analysis, by, "analysis.run_again_some", run=again.run, count=len(urls))
    return again


@verb
def run_changed(analysis: Analysis, submission: Submission, *, by: By, later: bool = False) -> Analysis:
    """Submit a changed configuration as the next run of the series, or save it for later. Returns the new run.

    URLs that stay keep their login and crawl script, unless the submission has others for them.
    """
    analysis = claim(analysis, Action.RUN_AGAIN, by)
    before = once_more(analysis)
    after = _with_kept_access(replace(submission, name=analysis.name), before)
    again = (save if later else submit)(after, by=by)
    changed = changes(before, replace(after, access={**before.access, **after.access}))
    values = {name: pair for name, pair in changed.items() if pair}
    facts = {"run": again.run, "changed": ", ".join(changed) or "nothing", "values": values}
    if not analysis.activity.filter(action=_CHANGED, data__run=again.run).exists():
        roll_up(analysis, by, _CHANGED, **facts)
    return again


@verb
def duplicate(analysis: Analysis, submission: Submission, *, by: By, later: bool = False) -> Analysis:
    """Submit what was made of a copy of an analysis under another name, or save it for later. Returns the new analysis.

    URLs that stay keep their login and crawl script, unless the submission has others for them.
    """
    permit(by, "submit_analysis")
    analysis = locked(analysis.pk)
    refuse_deleted(analysis)
    copy = (save if later else submit)(_with_kept_access(submission, configuration(analysis)), by=by)
    if not copy.activity.filter(action="analysis.duplicated").exists():
        activity.record("analysis.duplicated", analysis=copy, by=by, name=analysis.name, run=analysis.run)
    return copy


_CHANGED = "analysis.run_again_changed"


def _with_kept_access(submission: Submission, before: Submission) -> Submission:
    """The submission, where each URL that it has in common with `before` has its access, unless given another one."""
    kept = {url: before.access[url] for url in submission.urls if url in before.access}
    return replace(submission, access={**kept, **submission.access})


@verb
def continue_expired(analysis: Analysis, *, by: By, key: UUID | None = None) -> Analysis:
    """Continue the URL scans whose duration ended from their saved sessions, as a new run, which is returned.

    `key` is as for `run_again`.
    """
    analysis = claim(analysis, Action.CONTINUE, by)
    if analysis.evidence_expired_at:
        raise TransitionRefused("sessions_removed", analysis=analysis)
    expired = {scan.url: scan for scan in scans_in(analysis, *TIME_EXPIRED)}
    if not expired:
        raise TransitionRefused("nothing_to_continue", analysis=analysis)
    again = submit(replace(of_urls(once_more(analysis), expired), prescan=False, key=key), by=by)
    Analysis.objects.filter(pk=again.pk).update(continues=analysis)
    for scan in again.url_scans.all():
        UrlScan.objects.filter(pk=scan.pk).update(continues=expired[scan.url])
    roll_up(analysis, by, "analysis.continued", run=again.run)
    return again

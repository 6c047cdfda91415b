"""Verbs for submitting, saving and changing an analysis."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from scans import activity
from scans.configuration.submission import Access, Submission, changes, columns_of, configuration
from scans.database import clock
from scans.models import (
    Actor,
    AllowedTarget,
    Analysis,
    AnalysisSearch,
    RecurringSchedule,
    ScanSettings,
    Series,
    TargetLogin,
    UrlScan,
)
from scans.schedule.recurrence import Recurrence, starts
from scans.statuses import Action, AnalysisStatus
from scans.transitions import quotas, sealed_contents
from scans.transitions.claim import claim
from scans.transitions.core import (
    By,
    TransitionRefused,
    U,
    locked,
    locked_scan,
    move,
    permit,
    refuse_deleted,
    require,
    roll_up,
    scans_in,
    verb,
)
from scans.transitions.setup import enqueue_set_up, forget_failed_checks


@verb
def submit(submission: Submission, *, by: By) -> Analysis:
    """Store an analysis with its URL scans, queue its set-up, and return it. Raises NotPermitted.

    An analysis with a known name is the next run of that series. If a form is sent twice (with the same `key`), the
    second call returns the analysis of the first.
    """
    permit(by, "submit_analysis")
    owner = None if isinstance(by, Actor) else by
    return submit_new(submission, by, owner=owner)


@verb
def save(submission: Submission, *, by: By) -> Analysis:
    """Store an analysis for later and return it; it does not run until it is submitted. Raises NotPermitted."""
    permit(by, "submit_analysis")
    owner = None if isinstance(by, Actor) else by
    analysis, is_new = _store(submission, owner=owner, status=AnalysisStatus.SAVED_FOR_LATER)
    if is_new:
        facts = {"urls": len(submission.urls)}
        activity.record("analysis.saved", analysis=analysis, by=by, to_status=analysis.status, **facts)
        _add_scans(analysis, submission, sealed_contents.owner_of(by))
    return analysis


def submit_new(submission: Submission, by: By, **columns) -> Analysis:
    """Store a new run with these further columns, queue its set-up, and return it."""
    analysis, is_new = _store(submission, status=AnalysisStatus.SUBMITTED, submitted_at=clock.now(), **columns)
    if is_new:
        facts = {"urls": len(submission.urls), "run": analysis.run}
        activity.record("analysis.submitted", analysis=analysis, by=by, to_status=analysis.status, **facts)
        _add_scans(analysis, submission, sealed_contents.owner_of(by))
        _accept_scans(analysis, by)
        begin_repeating(analysis)
        enqueue_set_up(analysis)
    return analysis


def _store(submission: Submission, **columns) -> tuple[Analysis, bool]:
    """Create the next run of the series. Returns the run, and False if the same form has created it before."""
    series, _created = Series.objects.get_or_create(name=submission.name)
    series = Series.objects.select_for_update().get(pk=series.pk)
    if submission.key and (twin := Analysis.objects.filter(submission_key=submission.key).first()):
        return twin, False
    quotas.check(submission, columns.get("owner") and columns["owner"].pk, is_draft="submitted_at" not in columns)
    last = series.runs.order_by("-run").first()
    now = clock.now()
    analysis = Analysis.objects.create(
        series=series,
        run=last.run + 1 if last else 1,
        name=submission.name,
        submission_key=submission.key,
        created_at=now,
        changed_at=now,
        **columns_of(submission),
        **columns,
    )
    return analysis, True


def _add_scans(analysis: Analysis, submission: Submission, owner: int | None, leave_out: Collection[str] = ()) -> None:
    """Create the URL scans of an analysis. Each refers to its login and crawl script."""
    now = clock.now()
    added = [(position, url) for position, url in enumerate(submission.urls) if url not in leave_out]
    access = {url: submission.access.get(url) or Access() for _position, url in added}
    sealed_contents.store(access.values(), owner)
    zones = AllowedTarget.zones()
    UrlScan.objects.bulk_create(
        UrlScan(
            analysis=analysis,
            url=url,
            zone=zones.of(url),
            position=position,
            status=U.SUBMITTED,
            status_at=now,
            login=access[url].login,
            crawl_script=access[url].crawl_script,
        )
        for position, url in added
    )
    urls = list(analysis.url_scans.order_by("position").values_list("url", flat=True))
    Analysis.objects.filter(pk=analysis.pk).update(urls=len(urls))
    AnalysisSearch.keep(analysis, urls)


def _accept_scans(analysis: Analysis, by: By) -> None:
    """Log for each URL scan that it was submitted."""
    for scan in scans_in(analysis, U.SUBMITTED):
        activity.record("url_scan.submitted", analysis=analysis, url_scan=scan, by=by, to_status=U.SUBMITTED)


def begin_repeating(analysis: Analysis) -> None:
    """If an analysis recurs, move its start to the first that fits the rule, and store the schedule of the next runs.

    Raises TransitionRefused if the recurrence ends before its first start.
    """
    if not analysis.recurrence:
        return
    rule = Recurrence.from_json(analysis.recurrence)
    # `first_at` is the start that was chosen, not the first one: daylight saving may move only that one.
    chosen = analysis.start_at or clock.now()
    first = next(starts(rule, chosen, analysis.zone), None)
    if first is None:
        raise TransitionRefused("ends_before_first_start", ends_on=rule.ends_on)
    Analysis.objects.filter(pk=analysis.pk).update(start_at=first)
    analysis.start_at = first
    never = {"switched_off_at": None, "switched_off_reason": "", "switched_on_at": None}
    values = {"template": analysis, "first_at": chosen, "runs_made": 1, **never}
    schedule, _created = RecurringSchedule.objects.update_or_create(series=analysis.series, defaults=values)
    schedule.next_at = schedule.start_after(first)
    schedule.save(update_fields=["next_at"])


@verb
def change(analysis: Analysis, submission: Submission, *, by: By) -> Analysis:
    """Replace the configuration of an analysis that was saved for later, and return it. Name and series stay."""
    analysis = claim(analysis, Action.EDIT, by)
    before = configuration(analysis)
    after = replace(submission, name=analysis.name, access={**before.access, **submission.access})
    limits = ScanSettings.current()
    quotas.check_size(after, limits)
    quotas.check_stored(after.access.values(), sealed_contents.owner_of(by), limits)
    changed = changes(before, after)
    if {"urls", "access"} & changed.keys():
        _replace_scans(analysis, after, by)
    values = {name: pair for name, pair in changed.items() if pair}
    facts = {"changed": ", ".join(changed) or "nothing", "values": values}
    roll_up(analysis, by, "analysis.changed", columns=columns_of(after), **facts)
    if "headers" in changed:
        activity.note("secret.headers_changed", by=by, subject=analysis)
    return analysis


@verb
def change_access(url_scan: UrlScan, access: Access | None, *, by: By) -> None:
    """Replace login and crawl script of one URL of a saved analysis; None removes both."""
    permit(by, "submit_analysis")
    scan = locked_scan(url_scan)
    require(scan.analysis, Action.EDIT)
    access, owner, limits = access or Access(), sealed_contents.owner_of(by), ScanSettings.current()
    before = configuration(scan.analysis)
    quotas.check_size(replace(before, access={**before.access, scan.url: access}), limits)
    quotas.check_stored([access], owner, limits)
    sealed_contents.store([access], owner)
    UrlScan.objects.filter(pk=scan.pk).update(login=access.login, crawl_script=access.crawl_script)
    sealed_contents.remove_later(scan.analysis)
    roll_up(scan.analysis, by, "analysis.changed", changed=f"access to {scan.url}")
    is_gone = not (access.login or access.crawl_script)
    activity.note("secret.access_removed" if is_gone else "secret.access_replaced", by=by, subject=scan)


@verb
def change_password(url_scan: UrlScan, password: str, *, by: By) -> None:
    """Replace the password of a login, for all URLs of a saved analysis that have it. Other runs keep the old one.

    Raises KeyLost, and as `change_access`.
    """
    permit(by, "submit_analysis")
    scan = locked_scan(url_scan)
    require(scan.analysis, Action.EDIT)
    login = TargetLogin.of(replace(scan.login.opened(), password=password))
    sealed_contents.store([Access(login=login)], sealed_contents.owner_of(by))
    scan.analysis.url_scans.filter(login=scan.login_id).update(login=login)
    sealed_contents.remove_later(scan.analysis)
    roll_up(scan.analysis, by, "analysis.changed", changed=f"access to {scan.url}")
    activity.note("secret.access_replaced", by=by, subject=scan)


def _replace_scans(analysis: Analysis, submission: Submission, by: By) -> None:
    """Create the URL scans again, except for those with log entries: a check has ended them, and the log must stay."""
    analysis.url_scans.filter(activity=None).delete()
    stay = set(analysis.url_scans.values_list("url", flat=True))
    _add_scans(analysis, submission, sealed_contents.owner_of(by), leave_out=stay)
    sealed_contents.remove_later(analysis)


@verb
def submit_again(analysis: Analysis, *, by: By) -> None:
    """Submit an analysis that was saved for later, or retry the set-up of the URL scans where it failed."""
    permit(by, "submit_analysis")
    analysis = locked(analysis.pk)
    refuse_deleted(analysis)
    if analysis.status == AnalysisStatus.SAVED_FOR_LATER:
        _refuse_past_start(analysis)
        quotas.check_open(analysis.owner_id, analysis.urls, ScanSettings.current())
        _submit_saved(analysis, by)
        return
    was_only_checked = analysis.submitted_at is None
    if was_only_checked:
        require(analysis, Action.SUBMIT)  # not while its checks still run
    failed = scans_in(analysis, U.SUBMIT_FAILED)
    if analysis.info.final or not failed:
        raise TransitionRefused("nothing_to_submit", analysis=analysis)
    _set_up_again(analysis, failed, by)
    if was_only_checked:
        begin_repeating(analysis)


def _refuse_past_start(analysis: Analysis) -> None:
    """Raise TransitionRefused if the start time has passed; a minute of tolerance, because forms have no seconds."""
    if analysis.start_at and analysis.start_at < clock.now() - timedelta(minutes=1):
        raise TransitionRefused("start_is_past", analysis=analysis, start=analysis.start_at)


def _submit_saved(analysis: Analysis, by: By) -> None:
    columns = {"submitted_at": clock.now(), "prescan_started_at": None, "prescan_ended_at": None}
    facts = {"urls": analysis.url_scans.count(), "run": analysis.run}
    forget_failed_checks(analysis)
    _accept_scans(analysis, by)
    roll_up(analysis, by, "analysis.submitted", columns=columns, **facts)
    begin_repeating(analysis)
    enqueue_set_up(analysis)


def _set_up_again(analysis: Analysis, failed: list[UrlScan], by: By) -> None:
    for scan in failed:
        move(scan, U.SUBMITTED, "url_scan.submitted", by)
    columns = {"prescan_started_at": None, "prescan_ended_at": None}
    columns |= {"submitted_at": analysis.submitted_at or clock.now()}
    roll_up(analysis, by, "analysis.submitted", columns=columns, urls=len(failed), run=analysis.run)
    enqueue_set_up(analysis)


@verb
def submit_scan_again(url_scan: UrlScan, *, by: By) -> None:
    """Retry the set-up of one URL scan where it failed."""
    scan = claim(url_scan, Action.SUBMIT, by)
    if scan.analysis.submitted_at is None:
        raise TransitionRefused("not_submitted_yet", analysis=scan.analysis)
    if scan.analysis.info.final:
        raise TransitionRefused("ended_run_again", analysis=scan.analysis)
    _set_up_again(scan.analysis, [scan], by)

"""The only writer of a status: the table of allowed moves, and the verbs that use it.

Every verb runs in one database transaction: it locks the analysis, moves URL scans by compare-and-set,
writes one log entry for each change, rolls the analysis up, and hands follow-up work to the task queue.
A verb that is not allowed raises TransitionRefused and leaves nothing behind. Locks are taken in one
order everywhere: the settings row (where capacity matters), then one analysis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import wraps
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from scans import activity
from scans.database.statements import row, totals_by_status, update
from scans.models import (
    Actor,
    Analysis,
    AnalysisSearch,
    BlackoutWindow,
    Finding,
    Mark,
    PausedBy,
    Publication,
    RecurringSchedule,
    ScanSettings,
    Series,
    StopMode,
    TargetLogin,
    TriageMark,
    UrlScan,
)
from scans.schedule.blackouts import Blackouts
from scans.schedule.recurrence import Recurrence, describe, starts
from scans.statuses import (
    ANALYSIS_STATUSES,
    FAILED_RUNS,
    MAY_HOLD_A_PLACE,
    PAUSABLE,
    PUBLISHED_AS,
    TIME_EXPIRED,
    Action,
    AnalysisStatus,
    EndedBy,
    Phase,
    Results,
    UrlScanStatus,
    in_phase,
)
from scans.statuses.moves import ENDINGS_WITH_RESULTS, ENDINGS_WITHOUT_FINDINGS, URL_SCAN_MOVES
from scans.statuses.rollup import Facts, kept_columns, rollup

By = AbstractBaseUser | Actor
U = UrlScanStatus


MAX_ATTEMPTS = 2  # how often a scan whose worker was lost is taken up again
WORKER_LOST = "Nothing was heard from its worker."
FAILED_RUNS_UNTIL_OFF = 5  # in a row; then a recurring schedule is switched off
# An engine is asked to save its session this long before a window begins: the time it has to obey, and to die.
BLACKOUT_LEAD = timedelta(seconds=20)
LONGEST_DURATION = timedelta(days=25)


class TransitionRefused(Exception):
    """What was asked is not possible now; str() says why, in the language of the person who asked.

    `text` is marked for translation, and names in {} the `facts` that belong into it.
    """

    def __init__(self, text: str, **facts):
        super().__init__(text)
        self.text, self.facts = text, facts

    def __str__(self) -> str:
        return str(self.text).format(**self.facts)


class NotPermitted(TransitionRefused):
    """The person who asked does not have the role for it."""


class LeaseLost(Exception):
    """Somebody else was given this URL scan, since its lease ran out."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """How one URL is logged in to and crawled, everything secret sealed."""

    login: TargetLogin | None = None  # not saved, of no URL scan
    crawl_script: str = ""
    crawl_script_name: str = ""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What somebody wants analysed; URLs normalised, unique and allowed, everything else in its limits.

    `access` is by URL; one that is not in it is scanned as anybody would see it. `time_zone` is the name
    of the zone in which the start was chosen, and in which recurrence and own blackout windows count.
    """

    name: str
    urls: tuple[str, ...]
    duration: timedelta
    depth: int = 20
    prescan: bool = True
    publication: str = Publication.AUTOMATIC
    start_at: datetime | None = None
    time_zone: str = "UTC"
    recurrence: Recurrence | None = None
    blackout: str = ""
    access: Mapping[str, Access] = field(default_factory=dict)
    key: UUID | None = None


# --- What all verbs share -----------------------------------------------------------------------


def _verb(function):
    """Run a verb in a transaction of its own or as part of the caller's, all or nothing.

    What it refuses to a user leaves one thing behind: an entry that says so.
    """

    @wraps(function)
    def run(*args, **kwargs):
        try:
            with transaction.atomic():
                return function(*args, **kwargs)
        except TransitionRefused as refusal:
            note_refusal(function.__name__, args[0] if args else None, kwargs.get("by"), refusal)
            raise

    return run


def note_refusal(verb: str, thing, by: By | None, refusal: TransitionRefused) -> None:
    """Log that a user was refused; a part of the system that comes too late is no news."""
    if by is None or isinstance(by, Actor) or not isinstance(thing, Analysis | UrlScan | Finding):
        return
    thing = thing.url_scan if isinstance(thing, Finding) else thing
    url_scan = thing if isinstance(thing, UrlScan) else None
    analysis = thing.analysis if url_scan else thing
    if analysis.submitted_at is None:
        url_scan = None  # a URL of which the log told could not be taken out of what is only saved
    asked = verb.removesuffix("_analysis").replace("_", " ")
    action = f"{'url_scan' if url_scan else 'analysis'}.refused"
    with translation.override(settings.LANGUAGE_CODE):  # what is stored is English
        reason = str(refusal)
    activity.record(action, analysis=analysis, url_scan=url_scan, by=by, reason=reason, asked=asked)
    Analysis.objects.filter(pk=analysis.pk).update(changed_at=timezone.now(), version=F("version") + 1)


def permit(by: By, permission: str) -> None:
    """Raise NotPermitted where a user lacks the role; parts of the system may do everything."""
    if not isinstance(by, Actor) and not by.has_perm(f"scans.{permission}"):
        role = {"submit_analysis": "Submitter", "review_analysis": "Reviewer"}[permission]
        raise NotPermitted(
            _(
                "{by} may not do this: it takes the role {role}. An administrator gives roles, in the admin under "
                "Users."
            ),
            by=by,
            role=role,
        )


def _locked(analysis_id: int) -> Analysis:
    """The analysis as it is now, locked until the transaction ends."""
    return row(Analysis, analysis_id, lock=True)


def _locked_scan(url_scan: UrlScan | int) -> UrlScan:
    """The URL scan as it is now, its analysis locked."""
    url_scan = url_scan if isinstance(url_scan, UrlScan) else row(UrlScan, url_scan)
    analysis = _locked(url_scan.analysis_id)  # which never changes
    fresh = row(UrlScan, url_scan.pk)
    fresh.analysis = analysis
    return fresh


def _held(url_scan: UrlScan) -> UrlScan:
    """As `_locked_scan`, for what only its holder may say; raises LeaseLost where somebody else has it now."""
    scan = _locked_scan(url_scan)
    if scan.lease_holder != url_scan.lease_holder:
        raise LeaseLost(f"{url_scan.url} is no longer held by {url_scan.lease_holder or 'nobody'}.")
    return scan


def _move(scan: UrlScan, to: UrlScanStatus, action: str, by: By, *, reason: str = "", columns=None, **data) -> None:
    """Move one URL scan of a locked analysis, and write the entry. Raises TransitionRefused."""
    before = scan.status
    if to not in URL_SCAN_MOVES[U(before)]:
        raise TransitionRefused(
            _("{url} is “{before}”; from there it cannot become “{after}”."),
            url=scan.url,
            before=U(before).label,
            after=to.label,
        )
    now = timezone.now()
    changes = {"status": to, "status_at": now, "reason": reason, **_place(scan, to, now), **(columns or {})}
    if to.info.final or to.info.results == Results.VERIFYING:
        changes.setdefault("ended_at", scan.ended_at or now)
    if not update(UrlScan, scan.pk, changes, where={"status": before}):
        raise TransitionRefused(_("{url} changed in the same moment. Look at it again, then repeat."), url=scan.url)
    for name, value in changes.items():
        setattr(scan, name, value)
    activity.record(
        action,
        analysis=scan.analysis,
        url_scan=scan,
        by=by,
        from_status=before,
        to_status=to,
        reason=reason,
        **data,
    )
    if to in (U.QUEUED, U.RESUMING) and scan.place_since:
        _hand_over("scan_url", scan.pk)
    elif to in PUBLISHED_AS:
        _hand_over("verify", scan.pk)
    elif to == U.STOPPING_DELETING_RESULTS and not scan.lease_holder:
        _hand_over("delete_results", scan.pk)


def _place(scan: UrlScan, to: UrlScanStatus, now: datetime) -> dict:
    """Whether it holds one of the capacity's places from now on: taken when queued, kept until its engine is gone."""
    if to == U.QUEUED:
        return {"place_since": scan.place_since or now}
    return {} if to in MAY_HOLD_A_PLACE else {"place_since": None}


def _hand_over(task: str, pk: int) -> None:
    """Put a task into the queue, as part of this transaction. By name, since tasks call the verbs."""
    import_string(f"scans.tasks.{task}").enqueue(pk)


def _roll_up(analysis: Analysis, by: By, action: str = "", *, reason: str = "", columns=None, **data) -> None:
    """Derive and store the analysis' status; one entry if `action` is named or the status changed."""
    before = analysis.status
    changes = {**(columns or {}), "changed_at": timezone.now()}
    for name, value in (columns or {}).items():
        setattr(analysis, name, value)
    totals = totals_by_status(UrlScan, analysis.pk)
    after = rollup(totals, _facts(analysis))
    if before != after:
        if AnalysisStatus(before).info.final:
            raise TransitionRefused(
                _("{analysis} has ended as “{status}”; that never changes."),
                analysis=analysis,
                status=AnalysisStatus(before).label,
            )
        if after.info.final:
            changes["ended_at"] = changes["changed_at"]
            changes["ran"] = analysis.started_at and changes["ended_at"] - analysis.started_at
        if after.info.phase in (Phase.REVIEW, Phase.FINAL):
            changes["blackout_since"] = None  # nothing is left that a window could keep from scanning
        changes["status"] = after
    kept = kept_columns(totals, after).items()
    # What stays the same is not written: each of these columns has an index that would be written, too.
    changes |= {name: value for name, value in kept if getattr(analysis, name) != value}
    update(Analysis, analysis.pk, changes, counted_up="version")
    analysis.status = after
    if action or before != after:
        activity.record(
            action or "analysis.status_changed",
            analysis=analysis,
            by=by,
            from_status=before if before != after else "",
            to_status=after if before != after else "",
            reason=reason,
            **data,
        )
    if before != after and after in FAILED_RUNS:
        _switch_off_if_failing(analysis)


def _facts(analysis: Analysis) -> Facts:
    return Facts(
        submitted=analysis.submitted_at is not None,
        prescanning=analysis.prescan_started_at is not None and analysis.prescan_ended_at is None,
        started=analysis.started_at is not None,
        stop_mode=analysis.stop_mode,
    )


def _refuse_deleted(analysis: Analysis) -> None:
    """What somebody deleted in the same moment does not run any more: nobody would see it."""
    if analysis.deleted_at:
        raise TransitionRefused(_("{analysis} was deleted already."), analysis=analysis)


def _require(thing: Analysis | UrlScan, action: Action) -> None:
    """Refuse what the catalogue does not allow in this status, and everything once it is deleted."""
    _refuse_deleted(thing if isinstance(thing, Analysis) else thing.analysis)
    if not thing.info.allows(action):
        raise TransitionRefused(
            _("“{action}” is not possible: {thing} is “{status}”."),
            action=action.label,
            thing=thing,
            status=thing.info.choice.label,
        )


_RELEASED = {"lease_holder": "", "lease_until": None}


# --- From the request to the queue ---------------------------------------------------------------


@_verb
def submit(submission: Submission, *, by: By) -> Analysis:
    """Store an analysis and its URL scans, and hand it to a worker to be set up.

    The same name means the next run of the same series. Sending one form twice (the same `key`)
    returns what the first made. Raises NotPermitted.
    """
    permit(by, "submit_analysis")
    owner = None if isinstance(by, Actor) else by
    return _submit_new(submission, by, owner=owner)


@_verb
def save(submission: Submission, *, by: By) -> Analysis:
    """Store an analysis for later: nothing of it runs until it is submitted. Raises NotPermitted."""
    permit(by, "submit_analysis")
    owner = None if isinstance(by, Actor) else by
    analysis, is_new = _store(submission, owner=owner, status=AnalysisStatus.SAVED_FOR_LATER)
    if is_new:
        facts = {"urls": len(submission.urls)}
        activity.record("analysis.saved", analysis=analysis, by=by, to_status=analysis.status, **facts)
        _add_scans(analysis, submission)
    return analysis


def _submit_new(submission: Submission, by: By, **columns) -> Analysis:
    """Store a new run and hand it over to be set up."""
    analysis, is_new = _store(submission, status=AnalysisStatus.SUBMITTED, submitted_at=timezone.now(), **columns)
    if is_new:
        facts = {"urls": len(submission.urls), "run": analysis.run}
        activity.record("analysis.submitted", analysis=analysis, by=by, to_status=analysis.status, **facts)
        _add_scans(analysis, submission)
        _accept_scans(analysis, by)
        _begin_repeating(analysis)
        _hand_over("set_up", analysis.pk)
    return analysis


def _store(submission: Submission, **columns) -> tuple[Analysis, bool]:
    """The next run of its series, and whether it is new: one form that comes twice makes one."""
    series, _created = Series.objects.get_or_create(name=submission.name)
    series = Series.objects.select_for_update().get(pk=series.pk)
    if submission.key and (twin := Analysis.objects.filter(submission_key=submission.key).first()):
        return twin, False
    last = series.runs.order_by("-run").first()
    now = timezone.now()
    analysis = Analysis.objects.create(
        series=series,
        run=last.run + 1 if last else 1,
        name=submission.name,
        submission_key=submission.key,
        created_at=now,
        changed_at=now,
        **_configured(submission),
        **columns,
    )
    return analysis, True


def _configured(submission: Submission) -> dict:
    """The columns of an analysis that hold what was asked for."""
    return {
        "depth": submission.depth,
        "prescan": submission.prescan,
        "duration": submission.duration,
        "publication": submission.publication,
        "start_at": submission.start_at,
        "time_zone": submission.time_zone,
        "blackout": submission.blackout,
        "recurrence": submission.recurrence.to_json() if submission.recurrence else {},
    }


def _add_scans(analysis: Analysis, submission: Submission, leave_out: Iterable[str] = ()) -> None:
    """Make its URL scans, each with its login and crawl script."""
    now, nothing = timezone.now(), Access()
    scans = UrlScan.objects.bulk_create(
        UrlScan(
            analysis=analysis,
            url=url,
            position=position,
            status=U.SUBMITTED,
            status_at=now,
            crawl_script=submission.access.get(url, nothing).crawl_script,
            crawl_script_name=submission.access.get(url, nothing).crawl_script_name,
        )
        for position, url in enumerate(submission.urls)
        if url not in leave_out
    )
    logins = ((scan, submission.access.get(scan.url, nothing).login) for scan in scans)
    TargetLogin.objects.bulk_create(login.copy_for(scan) for scan, login in logins if login)
    urls = list(analysis.url_scans.order_by("position").values_list("url", flat=True))
    Analysis.objects.filter(pk=analysis.pk).update(urls=len(urls))
    AnalysisSearch.keep(analysis, urls)


def _accept_scans(analysis: Analysis, by: By) -> None:
    """Say for each of its URL scans that it was asked for."""
    for scan in _scans(analysis, U.SUBMITTED):
        activity.record("url_scan.submitted", analysis=analysis, url_scan=scan, by=by, to_status=U.SUBMITTED)


def _begin_repeating(analysis: Analysis) -> None:
    """Where it recurs: move its start to the first that fits the rule, and have the next run made in time."""
    if not analysis.recurrence:
        return
    rule = Recurrence.from_json(analysis.recurrence)
    # As it was chosen: a start that a daylight-saving change moves once is not moved ever after.
    chosen = analysis.start_at or timezone.now()
    first = next(starts(rule, chosen, analysis.zone), None)
    if first is None:
        raise TransitionRefused(_("It would end on {ends_on}, before its first start."), ends_on=rule.ends_on)
    Analysis.objects.filter(pk=analysis.pk).update(start_at=first)
    analysis.start_at = first
    never = {"switched_off_at": None, "switched_off_because": "", "switched_on_at": None}
    values = {"template": analysis, "first_at": chosen, "made": 1, **never}
    schedule, _created = RecurringSchedule.objects.update_or_create(series=analysis.series, defaults=values)
    schedule.next_at = schedule.start_after(first)
    schedule.save(update_fields=["next_at"])


@_verb
def change(analysis: Analysis, submission: Submission, *, by: By) -> Analysis:
    """Replace the configuration of an analysis that was saved for later; its name and series stay."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.EDIT)
    before = configuration(analysis)
    after = replace(submission, name=analysis.name, access={**before.access, **submission.access})
    changed = [name for name in _CHANGEABLE if getattr(before, name) != getattr(after, name)]
    if {"urls", "access"} & set(changed):
        _replace_scans(analysis, after)
    values = {name: [_as_logged(before, name), _as_logged(after, name)] for name in changed if name != "access"}
    facts = {"changed": ", ".join(changed) or "nothing", "values": values}
    _roll_up(analysis, by, "analysis.changed", columns=_configured(after), **facts)
    return analysis


def _as_logged(submission: Submission, name: str) -> str:
    """One setting as the log tells of it: in English, and not for pages on end."""
    value, zone = getattr(submission, name), ZoneInfo(submission.time_zone)
    if isinstance(value, Recurrence):
        with translation.override(settings.LANGUAGE_CODE):
            value = describe(value, submission.start_at or timezone.now(), zone)
    elif isinstance(value, datetime):
        value = f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    elif isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        value = f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    elif name == "urls":
        value = " ".join(value)
    return Truncator(value or "nothing").chars(300)


@_verb
def change_access(url_scan: UrlScan, access: Access | None, *, by: By) -> None:
    """Replace how one URL of a saved analysis is logged in to and crawled; None: as anybody sees it."""
    permit(by, "submit_analysis")
    scan = _locked_scan(url_scan)
    _require(scan.analysis, Action.EDIT)
    access = access or Access()
    TargetLogin.objects.filter(url_scan=scan).delete()
    if access.login:
        access.login.copy_for(scan).save()
    scripts = {"crawl_script": access.crawl_script, "crawl_script_name": access.crawl_script_name}
    UrlScan.objects.filter(pk=scan.pk).update(**scripts)
    _roll_up(scan.analysis, by, "analysis.changed", changed=f"access to {scan.url}")


@_verb
def change_password(url_scan: UrlScan, password: str, *, by: By) -> None:
    """Replace the password that one URL of a saved analysis is logged in with; raises KeyLost."""
    login = TargetLogin.objects.get(url_scan=url_scan)
    url_scan = UrlScan.objects.select_related("analysis").get(pk=url_scan.pk)
    access = Access(
        login=TargetLogin.of(replace(login.opened(), password=password)),
        crawl_script=url_scan.crawl_script,
        crawl_script_name=url_scan.crawl_script_name,
    )
    change_access(url_scan, access, by=by)


_CHANGEABLE = (
    *("urls", "duration", "depth", "prescan", "publication", "start_at", "time_zone", "recurrence"),
    *("blackout", "access"),
)


def _replace_scans(analysis: Analysis, submission: Submission) -> None:
    """Make its URL scans anew, but for those of which the log tells already: a check ended them."""
    analysis.url_scans.filter(activity=None).delete()
    _add_scans(analysis, submission, leave_out=analysis.url_scans.values_list("url", flat=True))


@_verb
def prescan_only(analysis: Analysis, *, by: By) -> None:
    """Check the URLs of an analysis that is saved for later; what passes waits to be submitted."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.PRESCAN)
    _roll_up(analysis, by, "analysis.prescan_asked", columns={"prescan_started_at": None, "prescan_ended_at": None})
    _hand_over("set_up", analysis.pk)


@_verb
def fail_submission(analysis: Analysis, *, reason: str) -> None:
    """A technical issue keeps its URL scans from being set up."""
    analysis = _locked(analysis.pk)
    for scan in _scans(analysis, U.SUBMITTED):
        _move(scan, U.SUBMIT_FAILED, "url_scan.submit_failed", Actor.WORKER, reason=reason)
    _roll_up(analysis, Actor.WORKER, reason=reason, columns=_prescan_over(analysis))


@_verb
def fail_set_up(url_scan: UrlScan, *, reason: str) -> None:
    """A technical issue keeps this one URL scan from being set up, or from being handed to the engine."""
    scan = _locked_scan(url_scan)
    _move(scan, U.SUBMIT_FAILED, "url_scan.submit_failed", Actor.WORKER, reason=reason, columns=_RELEASED)
    _roll_up(scan.analysis, Actor.WORKER)


def _prescan_over(analysis: Analysis) -> dict:
    """What ends the prescan, where one has begun."""
    open_prescan = analysis.prescan_started_at and not analysis.prescan_ended_at
    return {"prescan_ended_at": timezone.now()} if open_prescan else {}


@_verb
def submit_again(analysis: Analysis, *, by: By) -> None:
    """Submit what was saved for later, or set the URL scans that failed to be set up up once more."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _refuse_deleted(analysis)
    if analysis.status == AnalysisStatus.SAVED_FOR_LATER:
        _refuse_past_start(analysis)
        _submit_saved(analysis, by)
        return
    failed = _scans(analysis, U.SUBMIT_FAILED)
    if analysis.info.final or not failed:
        raise TransitionRefused(_("{analysis} has no URL scan that could be submitted again."), analysis=analysis)
    was_only_checked = analysis.submitted_at is None
    if was_only_checked:
        _require(analysis, Action.SUBMIT)  # not while its checks still run
    _set_up_again(analysis, failed, by)
    if was_only_checked:
        _begin_repeating(analysis)


def _refuse_past_start(analysis: Analysis) -> None:
    """What was saved long ago does not start at another time than it says; the running minute is not the past."""
    if analysis.start_at and analysis.start_at < timezone.now() - timedelta(minutes=1):
        raise TransitionRefused(
            _("{analysis} was to start on {start:%d %B %Y %H:%M %Z}, which is past: edit it and choose another start."),
            analysis=analysis,
            start=analysis.start_at.astimezone(analysis.zone),
        )


def _submit_saved(analysis: Analysis, by: By) -> None:
    columns = {"submitted_at": timezone.now(), "prescan_started_at": None, "prescan_ended_at": None}
    facts = {"urls": analysis.url_scans.count(), "run": analysis.run}
    _accept_scans(analysis, by)
    _roll_up(analysis, by, "analysis.submitted", columns=columns, **facts)
    _begin_repeating(analysis)
    _hand_over("set_up", analysis.pk)


def _set_up_again(analysis: Analysis, failed: list[UrlScan], by: By) -> None:
    for scan in failed:
        _move(scan, U.SUBMITTED, "url_scan.submitted", by)
    columns = {"prescan_started_at": None, "prescan_ended_at": None}
    columns |= {"submitted_at": analysis.submitted_at or timezone.now()}
    _roll_up(analysis, by, "analysis.submitted", columns=columns, urls=len(failed), run=analysis.run)
    _hand_over("set_up", analysis.pk)


@_verb
def submit_scan_again(url_scan: UrlScan, *, by: By) -> None:
    """Set one URL scan that failed to be set up up once more."""
    permit(by, "submit_analysis")
    scan = _locked_scan(url_scan)
    _require(scan, Action.SUBMIT)
    if scan.analysis.submitted_at is None:
        raise TransitionRefused(
            _("{analysis} was not submitted yet: submit it with all its URLs."), analysis=scan.analysis
        )
    if scan.analysis.info.final:
        raise TransitionRefused(_("{analysis} has ended: run it again instead."), analysis=scan.analysis)
    _set_up_again(scan.analysis, [scan], by)


@_verb
def begin_prescan(analysis: Analysis) -> None:
    """The checks of its URLs begin; refused where none of them waits for that any more."""
    analysis = _locked(analysis.pk)
    if not analysis.url_scans.filter(status=U.SUBMITTED).exists():
        raise TransitionRefused(_("{analysis} has no URL that waits for its checks."), analysis=analysis)
    columns = {"prescan_started_at": timezone.now(), "prescan_ended_at": None}
    _roll_up(analysis, Actor.PRESCAN, "analysis.prescan_started", columns=columns)


@_verb
def fail_checks(url_scan: UrlScan, status: UrlScanStatus, *, step: str, reason: str) -> None:
    """A check failed: the URL scan ends here, in one of the statuses of failed verification."""
    scan = _locked_scan(url_scan)
    _move(scan, status, "url_scan.check_failed", Actor.PRESCAN, reason=reason, step=step, columns=_RELEASED)
    _roll_up(scan.analysis, Actor.PRESCAN)


@_verb
def end_prescan(analysis: Analysis, *, checked: int, passed: int) -> None:
    """The checks are over; what passed is scheduled by `schedule`. Nothing where a user stopped it meanwhile."""
    analysis = _locked(analysis.pk)
    if analysis.prescan_ended_at:
        return
    columns = {"prescan_ended_at": timezone.now()}
    _roll_up(analysis, Actor.PRESCAN, "analysis.prescan_ended", columns=columns, checked=checked, passed=passed)


@_verb
def schedule(analysis: Analysis) -> None:
    """Everything that is set up waits for the start time, or for a moment if that is now."""
    analysis = _locked(analysis.pk)
    for scan in _scans(analysis, U.SUBMITTED):
        _move(scan, U.SCHEDULED, "url_scan.scheduled", Actor.WORKER)
    _roll_up(analysis, Actor.WORKER)


@_verb
def start(analysis: Analysis, *, by: By = Actor.SCHEDULER) -> None:
    """Its time has come: every scheduled URL scan is queued, with a warning where capacity is used up.

    Raises TransitionRefused in a blackout window (it then starts when the window is over), and where
    nothing of it is scheduled any more: another scheduler was faster, or a user.
    """
    _refuse_in_blackout(analysis)
    free = _free_places()
    analysis = _locked(analysis.pk)
    scans = _scans(analysis, U.SCHEDULED)
    if not scans:
        raise TransitionRefused(_("{analysis} has no URL scan that waits for its start."), analysis=analysis)
    for scan in scans[:free]:
        _move(scan, U.QUEUED, "url_scan.queued", by, columns={"queued_at": timezone.now()})
    for scan in scans[free:]:
        _move(
            scan,
            U.QUEUED_WITH_WARNING,
            "url_scan.capacity_exhausted",
            by,
            reason="As many URL scans are running as capacity allows.",
            columns={"queued_at": timezone.now()},
        )
    _roll_up(analysis, by, "analysis.started")


def start_if_due(analysis: Analysis) -> None:
    """Start it unless its start time is still to come, or somebody did something else with it meanwhile."""
    is_due = Analysis.objects.due(timezone.now()).filter(pk=analysis.pk).exists()
    if is_due and not closed_until(BlackoutWindow.for_analysis(analysis)):
        start(analysis)


def closed_until(blackouts: Blackouts) -> datetime | None:
    """When the blackout window that holds now, or is about to begin, is over; None where scanning may go on."""
    now = timezone.now()
    return blackouts.ends(now) or blackouts.ends(now + BLACKOUT_LEAD)


def _refuse_in_blackout(analysis: Analysis) -> None:
    if until := closed_until(BlackoutWindow.for_analysis(analysis)):
        raise TransitionRefused(
            _("A blackout window keeps {analysis} from scanning until {until:%d %B %Y %H:%M} UTC."),
            analysis=analysis,
            until=until,
        )


def _free_places() -> int:
    """How many URL scans may be queued at once; none while others wait. Locks the settings row."""
    capacity = ScanSettings.locked().capacity
    if UrlScan.objects.waiting_for_capacity().exists():
        return 0
    return max(0, capacity - UrlScan.objects.holding_a_place().count())


@_verb
def admit_next() -> bool:
    """Give a free place to the fairest of those that wait; False when there is no place or nobody waits.

    Fairest: of the analysis that holds the fewest places, the one that has waited longest.
    """
    capacity = ScanSettings.locked().capacity
    if UrlScan.objects.holding_a_place().count() >= capacity:
        return False
    next_scan = UrlScan.objects.fairest_waiting()
    if next_scan is None:
        return False
    scan = _locked_scan(next_scan)
    if scan.status not in (U.QUEUED_WITH_WARNING, U.RESUMING) or scan.place_since or scan.lease_holder:
        return True  # it was paused or stopped before the lock was had: the next look finds another
    if scan.status == U.RESUMING:
        UrlScan.objects.filter(pk=scan.pk, status=U.RESUMING).update(place_since=timezone.now())
        activity.record("url_scan.got_a_place", analysis=scan.analysis, url_scan=scan, by=Actor.SCHEDULER)
        _hand_over("scan_url", scan.pk)
    else:
        _move(scan, U.QUEUED, "url_scan.queued", Actor.SCHEDULER)
    _roll_up(scan.analysis, Actor.SCHEDULER)
    return True


def _scans(analysis: Analysis, *statuses: UrlScanStatus) -> list[UrlScan]:
    """Its URL scans in these statuses, in order, each knowing the locked analysis."""
    scans = list(UrlScan.objects.filter(analysis=analysis, status__in=statuses).order_by("position"))
    for scan in scans:
        scan.analysis = analysis
    return scans


# --- What the worker says -------------------------------------------------------------------------


def _lease_until() -> datetime:
    return timezone.now() + timedelta(seconds=settings.SCANS_LEASE_SECONDS)


@_verb
def take(url_scan_id: int, holder: str, *, among: Iterable[UrlScanStatus]) -> UrlScan | None:
    """Lease a URL scan in one of these statuses that nobody holds; None when it is not to be had.

    A task may come twice or late; who gets None has nothing to do. What waits for a place cannot be had.
    """
    analysis_id = UrlScan.objects.filter(pk=url_scan_id).values_list("analysis_id", flat=True).first()
    if analysis_id is None:
        return None
    _locked(analysis_id)  # who stops it looks whether somebody holds it
    to_be_had = UrlScan.objects.filter(pk=url_scan_id, status__in=list(among), lease_holder="")
    got = to_be_had.exclude(status=U.RESUMING, place_since=None).update(lease_holder=holder, lease_until=_lease_until())
    return UrlScan.objects.select_related("analysis").get(pk=url_scan_id) if got else None


@_verb
def renew(url_scan: UrlScan, **progress) -> tuple[UrlScanStatus, datetime | None]:
    """Prolong the lease, store the engine's counts; return the status and the end of the duration as they are now.

    Raises LeaseLost when somebody else holds the scan.
    """
    analysis = Analysis.objects.filter(pk=url_scan.analysis_id)
    if progress:  # the analysis first: locks are taken in one order everywhere
        analysis.update(version=F("version") + 1)
    held = UrlScan.objects.filter(pk=url_scan.pk, lease_holder=url_scan.lease_holder)
    if not held.update(lease_until=_lease_until(), **progress):
        raise LeaseLost(f"{url_scan.url} is no longer held by {url_scan.lease_holder}.")
    if any(name.startswith("findings_") for name in progress):
        totals = totals_by_status(UrlScan, url_scan.analysis_id)
        analysis.update(**kept_columns(totals, analysis.values_list("status", flat=True).get()))
    status, expires_at = held.values_list("status", "analysis__expires_at").get()
    return U(status), expires_at


@_verb
def begin(url_scan: UrlScan, *, engine: str, version: str) -> None:
    """The engine's process is running.

    Raises LeaseLost where somebody else holds the scan, TransitionRefused where a user stopped it meanwhile.
    """
    scan = _held(url_scan)
    now = timezone.now()
    went_on = scan.started_at is not None
    columns = {"engine": engine, "engine_version": version, "started_at": scan.started_at or now}
    _move(
        scan,
        U.IN_PROGRESS,
        "url_scan.went_on" if went_on else "url_scan.started",
        Actor.WORKER,
        columns=columns,
        engine=engine,
        version=version,
    )
    analysis = scan.analysis
    times = {"started_at": analysis.started_at or now, "expires_at": analysis.expires_at or now + analysis.duration}
    _roll_up(analysis, Actor.WORKER, columns=times)


@_verb
def end(url_scan: UrlScan, ended_by: EndedBy, *, by: By = Actor.WORKER, reason: str = "") -> UrlScanStatus:
    """The engine has ended and everything it found is stored: release the lease and say how it ended.

    A user's stop that came in meanwhile wins: the scan then ends as stopped, and where results are to
    be deleted they go now. Returns the new status.
    """
    scan = _held(url_scan)
    if scan.status == U.STOPPING_DELETING_RESULTS:
        return _delete_results(scan)
    if scan.status == U.STOPPING_SAVING_RESULTS:
        ended_by, reason = EndedBy.USER, scan.reason
    ending = _end(scan, ended_by, by, reason)
    _roll_up(scan.analysis, by)
    return ending


def _end(scan: UrlScan, ended_by: EndedBy, by: By, reason: str) -> UrlScanStatus:
    """The move that an end means for a URL scan, by what it had found; returns the new status."""
    found = scan.findings.count()
    ending = ENDINGS_WITH_RESULTS[ended_by] if found else ENDINGS_WITHOUT_FINDINGS.get(ended_by)
    ending = ending or ENDINGS_WITH_RESULTS[ended_by]
    if scan.started_at is None:
        ending = {EndedBy.USER: U.STOPPED, EndedBy.DURATION: U.TIME_EXPIRED_STOPPED}.get(
            ended_by, U.TECHNICAL_ISSUE_STOPPED
        )
    _move(scan, ending, "url_scan.ended", by, reason=reason, columns=_RELEASED, findings=found)
    return ending


@_verb
def note_failed_login(url_scan: UrlScan, *, reason: str) -> None:
    """Logging in again failed; said once for all that fail in a row, which the counts tell."""
    scan = _held(url_scan)
    activity.record("url_scan.login_failed", analysis=scan.analysis, url_scan=scan, by=Actor.WORKER, reason=reason)
    _roll_up(scan.analysis, Actor.WORKER)


@_verb
def leave(url_scan: UrlScan) -> None:
    """The worker is being shut down and the session is saved: another worker goes on from it."""
    scan = _held(url_scan)
    if scan.status in (U.QUEUED, U.RESUMING):  # its engine has not begun
        UrlScan.objects.filter(pk=scan.pk).update(**_RELEASED)
        _hand_over("scan_url", scan.pk)
        return
    _move(scan, U.RESUMING, "url_scan.worker_left", Actor.WORKER, columns=_RELEASED)
    _roll_up(scan.analysis, Actor.WORKER)


@_verb
def confirm_pause(url_scan: UrlScan, *, by: Actor = Actor.WORKER) -> None:
    """The engine has saved its session and stopped; why it was to is still the reason."""
    scan = _held(url_scan)
    columns = {**_RELEASED, "reason": scan.reason}
    _move(scan, U.PAUSED, "url_scan.session_saved", by, columns=columns)
    _roll_up(scan.analysis, by)


@_verb
def recover(url_scan: UrlScan) -> None:
    """Its holder let the lease run out: go on with another worker, twice at most, or end it truthfully."""
    scan = _locked_scan(url_scan)
    if scan.lease_until is None or scan.lease_until >= timezone.now():
        return
    if scan.status == U.STOPPING_DELETING_RESULTS:
        UrlScan.objects.filter(pk=scan.pk).update(**_RELEASED)
        _hand_over("delete_results", scan.pk)
    elif scan.status == U.STOPPING_SAVING_RESULTS:
        end(scan, EndedBy.USER, by=Actor.SCHEDULER)
    elif scan.status == U.PAUSING:
        _note_lost_worker(scan)
        confirm_pause(scan, by=Actor.SCHEDULER)
    elif scan.status in PUBLISHED_AS:
        _note_lost_worker(scan)
        UrlScan.objects.filter(pk=scan.pk).update(**_RELEASED)
        _hand_over("verify", scan.pk)
        _roll_up(scan.analysis, Actor.SCHEDULER)
    elif scan.attempts >= MAX_ATTEMPTS:
        reason = f"Its worker was lost {MAX_ATTEMPTS + 1} times."
        end(scan, EndedBy.TECHNICAL, by=Actor.SCHEDULER, reason=reason)
    else:
        _take_up_again(scan)


@_verb
def expire_waiting(analysis: Analysis) -> None:
    """Its duration ended: what waits or is paused ends here; what runs is ended by its worker."""
    _locked(analysis.pk)  # who gives it more time in this moment comes before or after
    for scan in UrlScan.objects.out_of_time(timezone.now()).filter(analysis=analysis.pk).order_by("position"):
        end(scan, EndedBy.DURATION, by=Actor.SCHEDULER, reason="The analysis' duration ended.")


def _take_up_again(scan: UrlScan) -> None:
    columns = {**_RELEASED, "attempts": scan.attempts + 1}
    if scan.status == U.IN_PROGRESS:
        _move(scan, U.RESUMING, "url_scan.worker_lost", Actor.SCHEDULER, reason=WORKER_LOST, columns=columns)
    else:
        _note_lost_worker(scan)
        UrlScan.objects.filter(pk=scan.pk).update(**columns)
        _hand_over("scan_url", scan.pk)
    _roll_up(scan.analysis, Actor.SCHEDULER)


def _note_lost_worker(scan: UrlScan) -> None:
    """Log it where no move of the URL scan says so."""
    lost = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.SCHEDULER}
    activity.record("url_scan.worker_lost", reason=WORKER_LOST, **lost)


# --- What a user asks for ---------------------------------------------------------------------------


@_verb
def pause(url_scan: UrlScan, *, by: By, reason: str = "") -> None:
    """Ask the engine of one URL scan to save its session and stop; one that has not started waits."""
    permit(by, "submit_analysis")
    scan = _locked_scan(url_scan)
    _require(scan, Action.PAUSE)
    _pause(scan, PausedBy.USER, by, reason)
    _roll_up(scan.analysis, by)


def _pause(scan: UrlScan, paused_by: PausedBy, by: By, reason: str) -> None:
    """The move that a pause means for a URL scan in one of PAUSABLE."""
    columns = {"paused_by": paused_by}
    engine_at_work = scan.status == U.IN_PROGRESS or (scan.status == U.RESUMING and scan.lease_holder)
    if engine_at_work:
        _move(scan, U.PAUSING, "url_scan.paused", by, reason=reason, columns=columns)
    else:  # a worker that has only just taken it loses its lease, and lets go
        _move(scan, U.PAUSED, "url_scan.paused", by, reason=reason, columns={**_RELEASED, **columns})


@_verb
def resume(url_scan: UrlScan, *, by: By, reason: str = "") -> None:
    """Let one paused URL scan go on from its session, with the next free place and worker."""
    permit(by, "submit_analysis")
    free = _free_places()
    scan = _locked_scan(url_scan)
    _require(scan, Action.RESUME)
    _refuse_in_blackout(scan.analysis)
    _resume([scan], free, by, reason)
    _roll_up(scan.analysis, by)


def _resume(scans: list[UrlScan], free: int, by: By, reason: str = "") -> None:
    """Let paused URL scans go on, the first `free` of them at once; one that never started is queued again."""
    for number, scan in enumerate(scans):
        columns = {"paused_by": ""}
        if scan.started_at:
            to, columns["place_since"] = U.RESUMING, timezone.now() if number < free else None
        else:
            to = U.QUEUED if number < free else U.QUEUED_WITH_WARNING
        _move(scan, to, "url_scan.resumed", by, reason=reason, columns=columns)


@_verb
def stop(url_scan: UrlScan, mode: StopMode, *, by: By, reason: str = "") -> None:
    """Stop one URL scan, keeping or deleting what it found."""
    permit(by, "submit_analysis")
    scan = _locked_scan(url_scan)
    _require(scan, Action.STOP_SAVE if mode == StopMode.SAVE else Action.STOP_DELETE)
    _stop(scan, mode, by, reason)
    _roll_up(scan.analysis, by)


def _stop(scan: UrlScan, mode: StopMode, by: By, reason: str) -> None:
    """The move that a stop means for a URL scan in its present status, whatever that is."""
    never_ran = scan.started_at is None
    data = {"by": by, "reason": reason, "mode": mode}
    if never_ran:
        _move(scan, U.STOPPED, "url_scan.stopped", columns=_RELEASED, **data)
    elif mode == StopMode.DELETE:
        # A verification that is under way loses its lease and ends; an engine is ended by its worker.
        columns = _RELEASED if scan.info.results != Results.NONE else None
        _move(scan, U.STOPPING_DELETING_RESULTS, "url_scan.stopped", columns=columns, **data)
    else:
        _move(scan, U.STOPPING_SAVING_RESULTS, "url_scan.stopped", **data)
        if not scan.lease_holder:  # paused, or waiting for a worker: everything is stored already
            _end(scan, EndedBy.USER, by, reason)


@_verb
def stop_analysis(analysis: Analysis, mode: StopMode, *, by: By, reason: str = "") -> None:
    """Stop an analysis: every URL scan that has not ended, keeping or deleting what was found.

    Deleting takes the results of the URL scans that have ended too, published ones included: nothing
    but the log is left.
    """
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.STOP_SAVE if mode == StopMode.SAVE else Action.STOP_DELETE)
    Analysis.objects.filter(pk=analysis.pk).update(stop_mode=mode)
    analysis.stop_mode = mode
    for scan in _scans(analysis, *U):
        waits_or_runs = scan.info.allows(Action.STOP_SAVE)
        has_results = scan.info.results != Results.NONE
        if waits_or_runs or (mode == StopMode.DELETE and has_results):
            _stop(scan, mode, by, reason)
    columns = _prescan_over(analysis)
    _roll_up(analysis, by, "analysis.stopped", reason=reason, columns=columns, mode=mode)


@_verb
def pause_analysis(analysis: Analysis, *, by: By, reason: str = "") -> None:
    """Pause every URL scan that runs or would run as soon as it can."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.PAUSE)
    scans = _scans(analysis, *PAUSABLE)
    if not scans:
        raise TransitionRefused(_("{analysis} has no URL scan that could be paused now."), analysis=analysis)
    for scan in scans:
        _pause(scan, PausedBy.USER, by, reason)
    _roll_up(analysis, by, "analysis.paused", reason=reason)


@_verb
def resume_analysis(analysis: Analysis, *, by: By, reason: str = "") -> None:
    """Let every paused URL scan go on."""
    permit(by, "submit_analysis")
    free = _free_places()
    analysis = _locked(analysis.pk)
    _require(analysis, Action.RESUME)
    _refuse_in_blackout(analysis)
    _resume(_scans(analysis, U.PAUSED), free, by, reason)
    _roll_up(analysis, by, "analysis.resumed", reason=reason)


@_verb
def extend(analysis: Analysis, *, by: By, extra: timedelta, reason: str = "") -> None:
    """Give an analysis that runs more time; at most 25 days in all."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.EXTEND)
    if analysis.time_left(timezone.now()) == timedelta(0):
        raise TransitionRefused(_("The analysis' duration ended."))  # its engines are being told
    duration = analysis.duration + extra
    if extra <= timedelta(0) or duration > LONGEST_DURATION:
        raise TransitionRefused(
            _("{duration} is not possible: more than {before}, and at most 25 days."),
            duration=duration,
            before=analysis.duration,
        )
    columns = {"duration": duration, "expires_at": analysis.expires_at and analysis.expires_at + extra}
    facts = {"before": str(analysis.duration), "after": str(duration)}
    _roll_up(analysis, by, "analysis.extended", reason=reason, columns=columns, **facts)


def configuration(analysis: Analysis) -> Submission:
    """What was asked for, logins and scripts included."""
    scans = analysis.url_scans.select_related("login").order_by("position")
    access = {
        scan.url: Access(
            login=getattr(scan, "login", None),
            crawl_script=scan.crawl_script,
            crawl_script_name=scan.crawl_script_name,
        )
        for scan in scans
    }
    return Submission(
        name=analysis.name,
        urls=tuple(access),
        duration=analysis.duration,
        depth=analysis.depth,
        prescan=analysis.prescan,
        publication=analysis.publication,
        start_at=analysis.start_at,
        time_zone=analysis.time_zone,
        recurrence=Recurrence.from_json(analysis.recurrence) if analysis.recurrence else None,
        blackout=analysis.blackout,
        access=access,
    )


def _once_more(analysis: Analysis) -> Submission:
    """The same configuration, to be run at once and without a schedule of its own."""
    return replace(configuration(analysis), start_at=None, recurrence=None)


@_verb
def run_again(analysis: Analysis, *, by: By) -> Analysis:
    """Submit the same configuration as the next run of the series, starting at once."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.RUN_AGAIN)
    again = submit(_once_more(analysis), by=by)
    _roll_up(analysis, by, "analysis.run_again", run=again.run)
    return again


@_verb
def continue_expired(analysis: Analysis, *, by: By) -> Analysis:
    """Go on with the URL scans whose duration ended, from their saved sessions, as the next run of the series."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.CONTINUE)
    if analysis.evidence_expired_at:
        raise TransitionRefused(
            _("The saved sessions of {analysis} were removed by the retention policy: run it again instead."),
            analysis=analysis,
        )
    expired = {scan.url: scan for scan in _scans(analysis, *TIME_EXPIRED)}
    if not expired:
        raise TransitionRefused(
            _("{analysis} has no URL scan whose duration ended: run it again instead."), analysis=analysis
        )
    again = submit(replace(_once_more(analysis), urls=tuple(expired), prescan=False), by=by)
    Analysis.objects.filter(pk=again.pk).update(continues=analysis)
    for scan in again.url_scans.all():
        UrlScan.objects.filter(pk=scan.pk).update(continues=expired[scan.url])
    _roll_up(analysis, by, "analysis.continued", run=again.run)
    return again


# --- What time brings -----------------------------------------------------------------------------------


@_verb
def begin_blackout(analysis: Analysis, *, until: datetime) -> None:
    """A blackout window has come, or is about to: nothing of this analysis is scanned until it is over."""
    analysis = _locked(analysis.pk)
    scans = _scans(analysis, *PAUSABLE)
    if not scans:
        return
    reason = f"A blackout window lasts until {until:%d %B %Y %H:%M} UTC."
    for scan in scans:
        _pause(scan, PausedBy.WINDOW, Actor.SCHEDULER, reason)
    columns = {"blackout_since": analysis.blackout_since or timezone.now()}
    _roll_up(analysis, Actor.SCHEDULER, "analysis.blackout_began", columns=columns, until=until.isoformat())


@_verb
def end_blackout(analysis: Analysis) -> None:
    """The window is over: what it paused goes on, and its time does not count as scan duration."""
    free = _free_places()
    analysis = _locked(analysis.pk)
    if not analysis.blackout_since or any(scan.paused_by == PausedBy.WINDOW for scan in _scans(analysis, U.PAUSING)):
        return  # over already, or an engine is still saving its session: at the next tick
    paused = timezone.now() - analysis.blackout_since
    columns = {"blackout_since": None, "expires_at": analysis.expires_at and analysis.expires_at + paused}
    scans = [scan for scan in _scans(analysis, U.PAUSED) if scan.paused_by == PausedBy.WINDOW]
    _resume(scans, free, Actor.SCHEDULER)
    _roll_up(analysis, Actor.SCHEDULER, "analysis.blackout_ended", columns=columns)


# Something of it still runs or waits to run. What waits for a person does not count: nobody may ever come.
_UNDER_WAY = frozenset(in_phase(ANALYSIS_STATUSES, Phase.WAITING, Phase.ACTIVE)) - {
    AnalysisStatus.SAVED_FOR_LATER,
    AnalysisStatus.NOT_SUBMITTED,
}


@_verb
def run_recurring(schedule: RecurringSchedule) -> Analysis | None:
    """The next start of a series has come: make its run, or skip it while the run before is under way."""
    runs = schedule.series.runs.order_by("-run").values_list("pk", flat=True)
    last = _locked(runs.filter(status__in=_UNDER_WAY).first() or runs.first())
    schedule = RecurringSchedule.objects.select_for_update().select_related("template").get(pk=schedule.pk)
    at, now = schedule.next_at, timezone.now()
    if schedule.switched_off_at or at is None or at > now:
        return None
    if last.status in _UNDER_WAY:
        activity.record("analysis.run_skipped", analysis=last, by=Actor.SCHEDULER, starts=at.isoformat())
        made = None
    else:
        submission = replace(_once_more(schedule.template), start_at=at)
        made = _submit_new(submission, Actor.SCHEDULER, owner=schedule.template.owner)
        schedule.made += 1
    schedule.next_at = schedule.start_after(now)
    schedule.save(update_fields=["made", "next_at"])
    return made


def _switch_off_if_failing(analysis: Analysis) -> None:
    """Switch its series' schedule off after five failed runs in a row."""
    submitted = analysis.series.runs.filter(submitted_at__isnull=False)  # a draft is no run yet
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series).first()
    if schedule and schedule.switched_on_at:  # what failed before was the reason to switch it off
        submitted = submitted.filter(submitted_at__gte=schedule.switched_on_at)
    last = submitted.order_by("-run").values_list("status", flat=True)[:FAILED_RUNS_UNTIL_OFF]
    if schedule and len(last) == FAILED_RUNS_UNTIL_OFF and FAILED_RUNS.issuperset(last):
        _switch_off(schedule, analysis, Actor.SCHEDULER, f"{FAILED_RUNS_UNTIL_OFF} runs in a row failed.")


def _switch_off(schedule: RecurringSchedule, analysis: Analysis, by: By, reason: str) -> None:
    schedule.switched_off_at, schedule.switched_off_because = timezone.now(), reason
    schedule.save(update_fields=["switched_off_at", "switched_off_because"])
    activity.record("analysis.schedule_switched_off", analysis=analysis, by=by, reason=reason)


@_verb
def switch_schedule_off(analysis: Analysis, *, by: By, reason: str = "") -> None:
    """No further run of its series is made until the schedule is switched on again."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series).first()
    if schedule is None:
        raise TransitionRefused(_("{analysis} has no recurring schedule that is switched on."), analysis=analysis)
    _switch_off(schedule, analysis, by, reason or "A user switched it off.")
    _roll_up(analysis, by)


@_verb
def switch_schedule_on(analysis: Analysis, *, by: By) -> None:
    """Make further runs of its series again, from the next start on."""
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    schedule = RecurringSchedule.objects.filter(series=analysis.series, switched_off_at__isnull=False).first()
    if schedule is None:
        raise TransitionRefused(_("{analysis} has no recurring schedule that is switched off."), analysis=analysis)
    schedule.switched_off_at, schedule.switched_off_because, schedule.switched_on_at = None, "", timezone.now()
    schedule.next_at = schedule.start_after(schedule.switched_on_at)
    schedule.save(update_fields=["switched_off_at", "switched_off_because", "switched_on_at", "next_at"])
    _roll_up(analysis, by, "analysis.schedule_switched_on")


@_verb
def end_long_pause(url_scan: UrlScan) -> None:
    """It was left paused for longer than an administrator allows: it ends, keeping its results."""
    scan = _locked_scan(url_scan)
    limit = ScanSettings.current().pause_limit
    if scan.status == U.PAUSED and scan.status_at < timezone.now() - limit:
        _stop(scan, StopMode.SAVE, Actor.SCHEDULER, f"It was paused for longer than {limit}.")
        _roll_up(scan.analysis, Actor.SCHEDULER)


@_verb
def delete(analysis: Analysis, *, by: By, reason: str = "") -> None:
    """Take an ended analysis out of every list and delete its secrets; the log stays. A task removes the results.

    A schedule that goes on with its configuration still needs the secrets. With the last run of its series the
    schedule is switched off: nobody would see any more that it is there.
    """
    permit(by, "submit_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.DELETE)
    if goes_on := Analysis.objects.filter(continues=analysis, ended_at=None).first():
        raise TransitionRefused(
            _("{analysis} cannot be deleted yet: run {run} goes on from its saved sessions."),
            analysis=analysis,
            run=goes_on.run,
        )
    AnalysisSearch.objects.filter(analysis=analysis).delete()
    Series.objects.select_for_update().get(pk=analysis.series_id)  # of the two last runs one is the last
    schedule = RecurringSchedule.objects.switched_on().filter(series=analysis.series_id).first()
    if schedule and is_last_run(analysis):
        _switch_off(schedule, analysis, by, "The last run of its series was deleted.")
        _forget_secrets(schedule.template_id)
    if not (schedule and schedule.template_id == analysis.pk):
        _forget_secrets(analysis.pk)
    now = timezone.now()
    columns = {"deleted_at": now, "ended_at": analysis.ended_at or now}
    _roll_up(analysis, by, "analysis.deleted", reason=reason, columns=columns)
    _hand_over("remove_data", analysis.pk)


def is_last_run(analysis: Analysis) -> bool:
    """Whether no other run of its series is present."""
    return not Analysis.objects.present().filter(series=analysis.series_id).exclude(pk=analysis.pk).exists()


def _forget_secrets(pk: int) -> None:
    """Delete what the URL scans of this analysis log in with."""
    TargetLogin.objects.filter(url_scan__analysis=pk).delete()
    UrlScan.objects.filter(analysis=pk).update(crawl_script="", crawl_script_name="")


# --- Verification and publication ---------------------------------------------------------------------


@_verb
def conclude_verification(url_scan: UrlScan, counts: dict[str, int]) -> None:
    """Its findings were replayed (`counts` by outcome): publish them, unless a reviewer is to."""
    scan = _locked_scan(url_scan)
    if scan.status not in PUBLISHED_AS:
        raise TransitionRefused(
            _("{scan} is “{status}”; it has no results under verification."), scan=scan, status=scan.info.choice.label
        )
    UrlScan.objects.filter(pk=scan.pk).update(verified_at=timezone.now(), **_RELEASED)
    activity.record("url_scan.verified", analysis=scan.analysis, url_scan=scan, by=Actor.VERIFICATION, **counts)
    if scan.analysis.publication == Publication.AUTOMATIC:
        _publish(scan, Actor.VERIFICATION)
    _roll_up(scan.analysis, Actor.VERIFICATION)


def _publish(scan: UrlScan, by: By) -> None:
    """The move that publication means; how the scan ended is still the reason."""
    _move(scan, PUBLISHED_AS[U(scan.status)], "url_scan.published", by, columns={"reason": scan.reason})


@_verb
def publish(analysis: Analysis, *, by: By) -> None:
    """Publish the verified results of an analysis; refused while findings are still being replayed."""
    permit(by, "review_analysis")
    analysis = _locked(analysis.pk)
    _require(analysis, Action.PUBLISH)
    scans = _scans(analysis, *PUBLISHED_AS)
    if any(scan.verified_at is None for scan in scans):
        raise TransitionRefused(
            _("{analysis} cannot be published yet: findings are still being replayed."), analysis=analysis
        )
    for scan in scans:
        _publish(scan, by)
    _roll_up(analysis, by, "analysis.published")


@_verb
def mark(finding: Finding, *, by: By, mark: Mark, comment: str = "") -> None:
    """Say what a reviewer thinks of a finding; it holds for the same weakness in every run of the series."""
    permit(by, "review_analysis")
    scan = _locked_scan(finding.url_scan_id)
    of_weakness = {"series_id": scan.analysis.series_id, "fingerprint": finding.fingerprint}
    present = TriageMark.objects.filter(**of_weakness).first()
    before = Mark(present.mark) if present else Mark.UNREVIEWED
    values = {"mark": mark, "comment": comment, "user": None if isinstance(by, Actor) else by, "at": timezone.now()}
    TriageMark.objects.update_or_create(**of_weakness, defaults=values)
    facts = {"finding": str(finding)[:300], "before": before, "after": Mark(mark)}
    activity.record("url_scan.finding_marked", analysis=scan.analysis, url_scan=scan, by=by, reason=comment, **facts)
    _roll_up(scan.analysis, by)


@_verb
def conclude_deletion(url_scan: UrlScan) -> None:
    """Its files are gone: delete what the database holds of its results, and say so."""
    scan = _locked_scan(url_scan)
    if scan.status == U.STOPPING_DELETING_RESULTS:
        _delete_results(scan)


def _delete_results(scan: UrlScan) -> UrlScanStatus:
    """Delete findings, checks and counts; the row and the log stay."""
    scan.findings.all().delete()
    scan.checks.all().delete()
    scan.crawled_urls.all().delete()
    blank = {field: UrlScan._meta.get_field(field).get_default() for field in RESULT_FIELDS}
    _move(
        scan,
        U.STOPPED,
        "url_scan.results_deleted",
        Actor.WORKER,
        reason=scan.reason,
        columns={**_RELEASED, **blank},
    )
    _roll_up(scan.analysis, Actor.WORKER)
    return U.STOPPED


RESULT_FIELDS = [
    *("phase", "module", "modules_done", "modules_total", "urls_crawled", "requests", "responses"),
    *("network_errors", "logins_succeeded", "logins_failed", "logins_failed_in_a_row"),
    *("findings_critical", "findings_high", "findings_medium", "findings_low", "findings_info"),
    *("verified_at", "resolved_address"),
]

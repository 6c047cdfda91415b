"""Decisions of people about a weakness: its mark, who takes care of it and until when; and what takes a mark back.

They hold for the weakness at all its places, in every run of the series.
"""

from datetime import date
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from scans import activity
from scans.database import clock
from scans.database.statements import totals_by_status
from scans.models import Actor, Analysis, Finding, Mark, TriageMark, UrlScan
from scans.models.triage_mark import Reopened
from scans.severities import DISMISSING_MARKS
from scans.statuses.rollup import kept_columns
from scans.transitions.core import By, TransitionRefused, locked_scan, permit, roll_up, verb


class MarkedMeanwhile(TransitionRefused):
    """Somebody else decided about the weakness since this person looked at it."""


@verb
def mark(
    finding: Finding,
    *,
    by: By,
    mark: Mark,
    comment: str = "",
    accepted_until: date | None = None,
    seen: int | None = None,
) -> None:
    """Store a reviewer's decision about a weakness.

    `accepted_until` is the last day on which an accepted weakness counts as dismissed. `seen` is the `version` of the
    mark that the person saw: raises MarkedMeanwhile if somebody else has decided otherwise since. Raises
    TransitionRefused for a day that is over.
    """
    permit(by, "review_analysis")
    others = _lock_runs_with(finding)
    scan = locked_scan(finding.url_scan_id)
    accepted_until = accepted_until if mark == Mark.ACCEPTED else None
    if accepted_until and accepted_until < timezone.localdate():
        raise TransitionRefused("accepted_until_past", day=accepted_until.isoformat())
    row = _row(scan, finding)
    is_same = (row.mark, row.comment, row.accepted_until) == (mark, comment, accepted_until)
    is_late = seen is not None and seen != row.version
    if is_late and is_same:  # such as a second click
        return
    if is_late:
        raise MarkedMeanwhile("marked_meanwhile", by=_name(row.user), mark=Mark(row.mark), at=row.at)
    before, row.previous = Mark(row.mark), row.as_decided()
    row.mark, row.comment, row.accepted_until = mark, comment, accepted_until
    _store(row, by)
    _record(scan, finding, "finding_marked", by, reason=comment, before=before, after=Mark(mark))
    _count_others(others, scan, before, mark)


@verb
def take_back(finding: Finding, *, by: By, seen: int) -> None:
    """Give a weakness the mark that it had before the last decision, with its comment and day.

    Raises MarkedMeanwhile if that decision is not the one that the person saw, and TransitionRefused without one.
    """
    permit(by, "review_analysis")
    others = _lock_runs_with(finding)
    scan = locked_scan(finding.url_scan_id)
    row = _row(scan, finding)
    if seen != row.version:
        raise MarkedMeanwhile("marked_meanwhile", by=_name(row.user), mark=Mark(row.mark), at=row.at)
    if not row.previous:
        raise TransitionRefused("nothing_to_take_back")
    before, earlier, row.previous = Mark(row.mark), row.previous, None
    row.mark, row.comment = earlier["mark"], earlier["comment"]
    until = earlier["accepted_until"]
    row.accepted_until = date.fromisoformat(until) if until else None
    _store(row, by, reopened=earlier["reopened"])
    _record(scan, finding, "finding_mark_taken_back", by, before=before, after=Mark(row.mark))
    _count_others(others, scan, before, row.mark)


@verb
def assign(finding: Finding, *, by: By, assignee: AbstractBaseUser | None, due: date | None = None) -> None:
    """Say who takes care of a weakness, and until when. Does nothing if that is so already."""
    permit(by, "review_analysis")
    scan = locked_scan(finding.url_scan_id)
    row = _row(scan, finding)
    if (row.assignee_id, row.due) == (assignee and assignee.pk, due):
        return
    row.assignee, row.due = assignee, due
    row.save()
    facts = {"assignee": _name(assignee) if assignee else "–", "due": due.isoformat() if due else "–"}
    _record(scan, finding, "finding_assigned", by, **facts)


def reopen_fixed(scan: UrlScan, by: By) -> None:
    """Reopen the weaknesses that were marked as fixed before this run began and that its scan found again.

    Part of a verb that holds the lock of the analysis. Earlier runs are counted again after it: a verb that holds one
    run must not wait for an earlier one.
    """
    fixed = TriageMark.objects.filter(series=scan.analysis.series_id, mark=Mark.FIXED)
    marks = {row.fingerprint: row for row in fixed.filter(at__lt=scan.analysis.started_at or scan.analysis.created_at)}
    found = list(scan.findings.filter(fingerprint__in=list(marks)).first_of_each_weakness()) if marks else []
    for finding in found:
        _reopen(marks[finding.fingerprint], scan, finding, by, Reopened.FOUND_AGAIN)
        finding.url_scan = scan
        transaction.on_commit(partial(_count_earlier, finding), robust=True)


@transaction.atomic
def _count_earlier(finding: Finding) -> None:
    _count_again(_lock_runs_with(finding))


@verb
def end_acceptance(row: TriageMark) -> None:
    """Reopen an accepted weakness whose day is over. The scheduler calls it; does nothing if that is not so."""
    alike = Finding.objects.filter(url_scan__analysis__series=row.series_id, fingerprint=row.fingerprint)
    present = alike.filter(url_scan__analysis__deleted_at=None).select_related("url_scan")
    finding = present.order_by("-url_scan__analysis__run", "pk").first()
    others = _lock_runs_with(finding) if finding else []
    scan = locked_scan(finding.url_scan_id) if finding else None
    row = TriageMark.objects.expired().filter(pk=row.pk).first()
    if row:
        _reopen(row, scan, finding, Actor.SCHEDULER, Reopened.EXPIRED)
        _count_again(others)


def _reopen(row: TriageMark, scan: UrlScan | None, finding: Finding | None, by: By, why: Reopened) -> None:
    """Make a weakness unreviewed; `finding` is one that shows it, None if no run is left that does."""
    before, row.previous = Mark(row.mark), None
    row.mark, row.accepted_until = Mark.UNREVIEWED, None
    _store(row, by, reopened=why)
    if scan and finding:
        action = "finding_found_again" if why == Reopened.FOUND_AGAIN else "finding_acceptance_ended"
        _record(scan, finding, action, by, before=before, after=Mark.UNREVIEWED)


def _row(scan: UrlScan, finding: Finding) -> TriageMark:
    """Return the row of the weakness; a new one, not yet stored, if nobody decided about it yet."""
    known = {"series_id": scan.analysis.series_id, "fingerprint": finding.fingerprint}
    row = TriageMark.objects.filter(**known).select_related("user").first()
    return row or TriageMark(**known, mark=Mark.UNREVIEWED, at=clock.now())


def _store(row: TriageMark, by: By, *, reopened: str = "") -> None:
    row.user, row.at = None if isinstance(by, Actor) else by, clock.now()
    row.reopened, row.version = reopened, row.version + 1
    row.save()


def _record(scan: UrlScan, finding: Finding, action: str, by: By, *, reason: str = "", **facts) -> None:
    """Log a decision, and count the analysis as changed. The fingerprint tells all decisions about one weakness."""
    facts |= {"finding": str(finding)[:300], "fingerprint": finding.fingerprint}
    where = {"analysis": scan.analysis, "url_scan": scan}
    activity.record(f"url_scan.{action}", **where, by=by, reason=reason, **facts)
    roll_up(scan.analysis, by)


def _name(user) -> str:
    return str(user) if user else "–"


def _lock_runs_with(finding: Finding) -> list[int]:
    """Lock the runs of the series that have this weakness, in the order of their ids, so that two reviewers who mark at
    the same time do not wait for each other; return their ids."""
    runs = Analysis.objects.filter(series=finding.url_scan.analysis.series_id)
    found = Finding.objects.filter(url_scan__analysis__in=runs, fingerprint=finding.fingerprint)
    having = runs.filter(pk__in=found.values("url_scan__analysis"))
    return list(having.select_for_update().order_by("pk").values_list("pk", flat=True))


def _count_others(runs: list[int], scan: UrlScan, before: Mark, after: Mark) -> None:
    """Count these runs again, except that of the scan, if the weakness was dismissed or is open again."""
    if (before in DISMISSING_MARKS) != (after in DISMISSING_MARKS):
        _count_again([pk for pk in runs if pk != scan.analysis_id])


def _count_again(pks: list[int]) -> None:
    """Store what these locked runs have of open and dismissed weaknesses. Their last change stays as it is."""
    totals = totals_by_status(pks)
    for analysis in Analysis.objects.filter(pk__in=pks).only("status"):
        kept = kept_columns(totals[analysis.pk], analysis.status)
        Analysis.objects.filter(pk=analysis.pk).update(version=F("version") + 1, **kept)

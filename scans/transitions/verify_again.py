"""Verifying findings again: a user asks, a worker takes the URL scan and replays them. No status changes."""

from collections.abc import Iterable

from scans import activity
from scans.database import clock
from scans.models import Actor, AllowedTarget, Analysis, UrlScan
from scans.models.querysets import FindingQuerySet
from scans.reasons import NO_REASON, Reason
from scans.statuses import PUBLISHED_AS, Action
from scans.transitions.capacity import refuse_in_blackout
from scans.transitions.claim import claim
from scans.transitions.core import RELEASED, By, TransitionRefused, enqueue_for, roll_up, scans_in, verb
from scans.transitions.holder import by_holder
from scans.transitions.lease import take

_WITH_RESULTS = (*PUBLISHED_AS, *PUBLISHED_AS.values())


@verb
def verify_again(url_scan: UrlScan, *, by: By, findings: Iterable[int] | None = None) -> None:
    """Ask for all findings of a URL scan to be replayed again, or for those with these ids.

    Refused without the role, while the first verification runs, in a blackout window, without stored requests, and if
    there is nothing to ask for that is not under way already.
    """
    scan = claim(url_scan, Action.VERIFY, by)
    if scan.verified_at is None:
        raise TransitionRefused("verifying_for_the_first_time", thing=scan)
    _refuse_without_requests(scan.analysis)
    chosen = scan.findings.all() if findings is None else scan.findings.filter(pk__in=list(findings))
    if not chosen.exists():
        raise TransitionRefused("nothing_to_verify_again", thing=scan)
    if not _ask(scan, chosen, by):
        raise TransitionRefused("verifying_already", thing=scan)
    roll_up(scan.analysis, by)


@verb
def verify_again_analysis(analysis: Analysis, *, by: By) -> None:
    """Ask for all findings of every URL scan to be replayed again, except those still verified for the first time.

    Refused as `verify_again` is, and if no URL scan was verified yet.
    """
    analysis = claim(analysis, Action.VERIFY, by)
    _refuse_without_requests(analysis)
    scans = scans_in(analysis, *_WITH_RESULTS)
    verified = [scan for scan in scans if scan.verified_at]
    if scans and not verified:
        raise TransitionRefused("verifying_for_the_first_time", thing=analysis)
    if not any(scan.findings.exists() for scan in verified):
        raise TransitionRefused("nothing_to_verify_again", thing=analysis)
    asked = sum(_ask(scan, scan.findings.all(), by) for scan in verified)
    if not asked:
        raise TransitionRefused("verifying_already", thing=analysis)
    roll_up(analysis, by, "analysis.verify_asked")


def _refuse_without_requests(analysis: Analysis) -> None:
    """Raise TransitionRefused if nothing can be replayed: in a blackout window, and without stored requests."""
    if analysis.evidence_expired_at:
        raise TransitionRefused("requests_removed", analysis=analysis)
    refuse_in_blackout(analysis)


def _ask(scan: UrlScan, chosen: FindingQuerySet, by: By) -> int:
    """Ask for these findings of a URL scan, unless that is done already; returns how many were asked for, and logs."""
    is_under_way = scan.findings.waiting_for_verification().exists()
    asked = chosen.filter(verify_asked_at=None).update(verify_asked_at=clock.now())
    if asked:
        activity.record("url_scan.verify_asked", analysis=scan.analysis, url_scan=scan, by=by, count=asked)
    if asked and not is_under_way:
        scan.zone = AllowedTarget.zones().of(scan.url)  # an ended scan may be of another zone by now
        UrlScan.objects.filter(pk=scan.pk).update(zone=scan.zone)
        enqueue_for(scan, "verify_again")
    return asked


@verb
def begin_verify_again(url_scan_id: int, holder: str, *, continues: bool = False) -> UrlScan | None:
    """Lease a URL scan to replay its findings again. Returns None if none are asked for, or another worker has it.

    Logs that it starts, unless it `continues` after others had their turn.
    """
    scan = take(url_scan_id, holder, among=_WITH_RESULTS)
    if scan is None:
        return None
    return scan if _begin(scan, continues) else None


@by_holder
def _begin(scan: UrlScan, continues: bool) -> bool:
    """Log that the verification starts. Returns False, and lets go of the URL scan, if there is nothing to verify."""
    count = scan.findings.waiting_for_verification().count()
    if not count or scan.analysis.deleted_at:
        UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
        return False
    by = Actor.VERIFICATION
    if not continues:
        activity.record("url_scan.verify_started", analysis=scan.analysis, url_scan=scan, by=by, count=count)
        roll_up(scan.analysis, by)
    return True


@by_holder
def conclude_verify_again(scan: UrlScan, counts: dict[str, int], reason: Reason = NO_REASON) -> bool:
    """Log how many findings had each outcome, and return whether all are done: people may have asked for more.

    `reason` says why some were not looked at. Raises LeaseLost, also if the analysis was deleted meanwhile.
    """
    facts = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.VERIFICATION, "reason": reason}
    activity.record("url_scan.verified_again", **facts, **counts)
    is_done = not scan.findings.waiting_for_verification().exists()
    if is_done:
        UrlScan.objects.filter(pk=scan.pk).update(verified_at=clock.now(), **RELEASED)
    roll_up(scan.analysis, Actor.VERIFICATION)
    return is_done

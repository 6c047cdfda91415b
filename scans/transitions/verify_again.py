"""Verifying findings again: a user asks, a worker takes the URL scan and replays them. No status changes."""

from collections.abc import Iterable

from django.utils import timezone

from scans import activity
from scans.models import Actor, UrlScan
from scans.reasons import NO_REASON, Reason
from scans.statuses import PUBLISHED_AS, Action
from scans.transitions.capacity import refuse_in_blackout
from scans.transitions.claim import claim
from scans.transitions.core import RELEASED, By, TransitionRefused, enqueue, held_scan, roll_up, verb
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
        raise TransitionRefused("verifying_for_the_first_time", scan=scan)
    if scan.analysis.evidence_expired_at:
        raise TransitionRefused("requests_removed", analysis=scan.analysis)
    refuse_in_blackout(scan.analysis)
    chosen = scan.findings.all() if findings is None else scan.findings.filter(pk__in=list(findings))
    if not chosen.exists():
        raise TransitionRefused("nothing_to_verify_again", scan=scan)
    is_under_way = scan.findings.waiting_for_verification().exists()
    asked = chosen.filter(verify_asked_at=None).update(verify_asked_at=timezone.now())
    if not asked:
        raise TransitionRefused("verifying_already", scan=scan)
    activity.record("url_scan.verify_asked", analysis=scan.analysis, url_scan=scan, by=by, count=asked)
    if not is_under_way:
        enqueue("verify_again", scan.pk)
    roll_up(scan.analysis, by)


@verb
def begin_verify_again(url_scan_id: int, holder: str) -> UrlScan | None:
    """Lease a URL scan to replay its findings again. Returns None if none are asked for, or another worker has it."""
    scan = take(url_scan_id, holder, among=_WITH_RESULTS)
    if scan is None:
        return None
    count = scan.findings.waiting_for_verification().count()
    if not count or scan.analysis.deleted_at:
        UrlScan.objects.filter(pk=scan.pk).update(**RELEASED)
        return None
    by = Actor.VERIFICATION
    activity.record("url_scan.verify_started", analysis=scan.analysis, url_scan=scan, by=by, count=count)
    roll_up(scan.analysis, by)
    return scan


@verb
def conclude_verify_again(url_scan: UrlScan, counts: dict[str, int], reason: Reason = NO_REASON) -> bool:
    """Log how many findings had each outcome, and return whether all are done: people may have asked for more.

    `reason` says why some were not looked at. Raises LeaseLost, also if the analysis was deleted meanwhile.
    """
    scan = held_scan(url_scan)
    facts = {"analysis": scan.analysis, "url_scan": scan, "by": Actor.VERIFICATION, "reason": reason}
    activity.record("url_scan.verified_again", **facts, **counts)
    is_done = not scan.findings.waiting_for_verification().exists()
    if is_done:
        UrlScan.objects.filter(pk=scan.pk).update(verified_at=timezone.now(), **RELEASED)
    roll_up(scan.analysis, Actor.VERIFICATION)
    return is_done

"""The end of verification, and publication."""

from scans import activity
from scans.database import clock
from scans.models import Actor, Analysis, Publication, UrlScan
from scans.statuses import PUBLISHED_AS, Action
from scans.transitions.claim import claim
from scans.transitions.core import RELEASED, By, TransitionRefused, move, roll_up, scans_in, verb
from scans.transitions.holder import by_holder
from scans.transitions.verdicts import reopen_fixed


@by_holder
def conclude_verification(scan: UrlScan, counts: dict[str, int]) -> None:
    """End the verification of a URL scan and publish its results, unless a reviewer has to. `counts` is per outcome.

    Raises LeaseLost if another worker has it, or its results were deleted.
    """
    if scan.status not in PUBLISHED_AS:
        raise TransitionRefused("nothing_to_verify", scan=scan, status=scan.info.choice)
    UrlScan.objects.filter(pk=scan.pk).update(verified_at=clock.now(), **RELEASED)
    activity.record("url_scan.verified", analysis=scan.analysis, url_scan=scan, by=Actor.VERIFICATION, **counts)
    if scan.analysis.publication == Publication.AUTOMATIC:
        _publish(scan, Actor.VERIFICATION)
    roll_up(scan.analysis, Actor.VERIFICATION)


def _publish(scan: UrlScan, by: By) -> None:
    """Move a URL scan to the published status. The reason stays: it says how the scan ended."""
    move(scan, PUBLISHED_AS[scan.status], "url_scan.published", by, columns={"reason": scan.reason})
    reopen_fixed(scan, by)


@verb
def publish(analysis: Analysis, *, by: By) -> None:
    """Publish the verified results of an analysis. Refused while findings are still being replayed."""
    analysis = claim(analysis, Action.PUBLISH, by, "review_analysis")
    scans = scans_in(analysis, *PUBLISHED_AS)
    if any(scan.verified_at is None for scan in scans):
        raise TransitionRefused("still_replaying", analysis=analysis)
    for scan in scans:
        _publish(scan, by)
    roll_up(analysis, by, "analysis.published")

"""The end of verification, publication, and marks of reviewers."""

from django.db.models import F
from django.utils import timezone

from scans import activity
from scans.database.statements import totals_by_status
from scans.models import Actor, Analysis, Finding, Mark, Publication, TriageMark, UrlScan
from scans.severities import DISMISSING_MARKS
from scans.statuses import PUBLISHED_AS, Action
from scans.statuses.rollup import kept_columns
from scans.transitions.claim import claim
from scans.transitions.core import RELEASED, By, TransitionRefused, locked_scan, move, permit, roll_up, scans_in, verb
from scans.transitions.holder import by_holder


@by_holder
def conclude_verification(scan: UrlScan, counts: dict[str, int]) -> None:
    """End the verification of a URL scan and publish its results, unless a reviewer has to. `counts` is per outcome.

    Raises LeaseLost if another worker has it, or its results were deleted.
    """
    if scan.status not in PUBLISHED_AS:
        raise TransitionRefused("nothing_to_verify", scan=scan, status=scan.info.choice)
    UrlScan.objects.filter(pk=scan.pk).update(verified_at=timezone.now(), **RELEASED)
    activity.record("url_scan.verified", analysis=scan.analysis, url_scan=scan, by=Actor.VERIFICATION, **counts)
    if scan.analysis.publication == Publication.AUTOMATIC:
        _publish(scan, Actor.VERIFICATION)
    roll_up(scan.analysis, Actor.VERIFICATION)


def _publish(scan: UrlScan, by: By) -> None:
    """Move a URL scan to the published status. The reason stays: it says how the scan ended."""
    move(scan, PUBLISHED_AS[scan.status], "url_scan.published", by, columns={"reason": scan.reason})


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


@verb
def mark(finding: Finding, *, by: By, mark: Mark, comment: str = "") -> None:
    """Store a reviewer's decision about a finding. It holds for the same weakness in every run of the series."""
    permit(by, "review_analysis")
    others = _lock_runs_with(finding)
    scan = locked_scan(finding.url_scan_id)
    of_weakness = {"series_id": scan.analysis.series_id, "fingerprint": finding.fingerprint}
    present = TriageMark.objects.filter(**of_weakness).first()
    before = Mark(present.mark) if present else Mark.UNREVIEWED
    values = {"mark": mark, "comment": comment, "user": None if isinstance(by, Actor) else by, "at": timezone.now()}
    TriageMark.objects.update_or_create(**of_weakness, defaults=values)
    facts = {"finding": str(finding)[:300], "before": before, "after": Mark(mark)}
    activity.record("url_scan.finding_marked", analysis=scan.analysis, url_scan=scan, by=by, reason=comment, **facts)
    roll_up(scan.analysis, by)
    if (mark in DISMISSING_MARKS) != (before in DISMISSING_MARKS):
        _count_again([pk for pk in others if pk != scan.analysis_id])


def _lock_runs_with(finding: Finding) -> list[int]:
    """Lock the runs of the series that have this weakness, in the order of their ids, so that two reviewers who mark at
    the same time do not wait for each other; return their ids."""
    runs = Analysis.objects.filter(series=finding.url_scan.analysis.series_id)
    found = Finding.objects.filter(url_scan__analysis__in=runs, fingerprint=finding.fingerprint)
    having = runs.filter(pk__in=found.values("url_scan__analysis"))
    return list(having.select_for_update().order_by("pk").values_list("pk", flat=True))


def _count_again(pks: list[int]) -> None:
    """Store what these locked runs have of open and dismissed weaknesses. Their last change stays as it is."""
    totals = totals_by_status(pks)
    for analysis in Analysis.objects.filter(pk__in=pks).only("status"):
        kept = kept_columns(totals[analysis.pk], analysis.status)
        Analysis.objects.filter(pk=analysis.pk).update(version=F("version") + 1, **kept)

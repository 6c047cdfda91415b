"""Counting again what is kept beside the facts, and mending what differs. There must be no difference."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Sum

from scans.models import Analysis, StatusCount


def recount() -> Iterator[dict]:
    """Every difference, mended: `what` is kept, `kept` and `counted` values."""
    yield from _status_counts()


def _status_counts() -> Iterator[dict]:
    # One statement, so that both are counted at the same moment, whoever writes meanwhile.
    counted = Analysis.objects.present().order_by().values("status").annotate(counted=Count("pk"), kept=Sum("pk") * 0)
    kept = StatusCount.objects.values("status").annotate(counted=Sum("count") * 0, kept=Sum("count"))
    totals = {"counted": Counter(), "kept": Counter()}
    for row in counted.union(kept, all=True):
        for name, counter in totals.items():
            counter[row["status"]] += row[name]
    for status in sorted(totals["counted"].keys() | totals["kept"].keys()):
        was, is_now = totals["kept"][status], totals["counted"][status]
        if was != is_now:
            StatusCount(status=status, count=is_now - was).save()
            yield {"what": f"analyses that are {status}", "kept": was, "counted": is_now}

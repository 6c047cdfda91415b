"""Limits of what one person and one analysis may take: an administrator sets them in ScanSettings."""

import json
from collections.abc import Iterable

from django.contrib.auth import get_user_model
from django.db.models import Count, Sum

from scans.configuration.submission import Access, Submission, columns_of
from scans.models import Actor, Analysis, CrawlScript, ScanSettings, TargetLogin
from scans.models.sealed_content import SealedContent
from scans.transitions.core import TransitionRefused

MB = 1024**2


class OverLimit(TransitionRefused):
    """A limit is reached; str() says which, how much there is, and what to do."""


def check(submission: Submission, owner: int | None, *, is_draft: bool) -> None:
    """Raise OverLimit if this submission is too large, or the owner has too much already.

    Locks the owner until the transaction ends, so that two submissions at once are counted one after the other.
    """
    limits = ScanSettings.current()
    check_size(submission, limits)
    get_user_model().objects.select_for_update(no_key=True).filter(pk=owner).first()
    check_stored(submission.access.values(), owner, limits)
    if is_draft:
        _check_drafts(owner, limits)
    else:
        check_open(owner, len(submission.urls), limits)


def check_size(submission: Submission, limits: ScanSettings) -> None:
    """Raise OverLimit if the logins, scripts, headers and lists of one analysis are too large together."""
    columns = columns_of(submission)
    texts = [*submission.urls, columns["blackout"], json.dumps([columns["headers"], columns["left_out"]])]
    size = sum(len(text.encode()) for text in texts) + sum(row.size for row in _rows(submission.access.values()))
    if size > limits.analysis_mb * MB:
        raise OverLimit("over_analysis_size", size=_in_mb(size), most=limits.analysis_mb)


def check_stored(accesses: Iterable[Access], owner: int | None, limits: ScanSettings) -> None:
    """Raise OverLimit if the owner's logins and scripts would take too much with the new ones among these."""
    size = sum(row.size for row in _rows(accesses) if row.pk is None)
    if not size:
        return
    for model in (TargetLogin, CrawlScript):
        size += model.objects.filter(owner=owner).aggregate(size=Sum("size"))["size"] or 0
    if size > limits.stored_mb * MB:
        raise OverLimit("over_stored", owner=_named(owner), size=_in_mb(size), most=limits.stored_mb)


def check_open(owner: int | None, urls: int, limits: ScanSettings) -> None:
    """Raise OverLimit if the owner has too much that has not ended to submit an analysis of so many URLs."""
    submitted = Analysis.objects.open_of(owner).filter(submitted_at__isnull=False)
    found = submitted.aggregate(analyses=Count("pk"), urls=Sum("urls"))
    if found["analyses"] >= limits.open_analyses:
        raise OverLimit("over_open", owner=_named(owner), count=found["analyses"], most=limits.open_analyses)
    total = (found["urls"] or 0) + urls
    if total > limits.open_url_scans:
        raise OverLimit("over_open_urls", owner=_named(owner), count=total, most=limits.open_url_scans)


def _check_drafts(owner: int | None, limits: ScanSettings) -> None:
    count = Analysis.objects.open_of(owner).filter(submitted_at__isnull=True).count()
    if count >= limits.drafts:
        raise OverLimit("over_drafts", owner=_named(owner), count=count, most=limits.drafts)


def _rows(accesses: Iterable[Access]) -> list[SealedContent]:
    """The logins and scripts, each once."""
    rows = [row for access in accesses for row in (access.login, access.crawl_script) if row]
    return list({id(row): row for row in rows}.values())


def _named(owner: int | None) -> object:
    return get_user_model().objects.get(pk=owner) if owner else Actor.COMMAND


def _in_mb(size: int) -> str:
    """The size in MB, rounded up, so that it does not equal the limit that it is beyond."""
    return f"{-(-size * 10 // MB) / 10:.1f}"

"""Storing the logins and crawl scripts of a submission once, and having URL scans refer to them."""

from collections.abc import Iterable

from scans.configuration.submission import Access
from scans.models import Actor, Analysis, CrawlScript, TargetLogin, UrlScan
from scans.transitions.core import By
from scans.transitions.removal import ask_for_removal


def owner_of(by: By) -> int | None:
    """Return the id of the person who acts; None for a part of the system."""
    return None if isinstance(by, Actor) else by.pk


def store(accesses: Iterable[Access], owner: int | None) -> None:
    """Save the logins and scripts that are new, each once however many URLs have it."""
    rows = [row for access in accesses for row in (access.login, access.crawl_script) if row and row.pk is None]
    for row in {id(row): row for row in rows}.values():
        row.owner_id = owner
        row.save()


def let_go(analysis: Analysis) -> None:
    """Have the URL scans of an analysis refer to no login and no script."""
    UrlScan.objects.filter(analysis=analysis).update(login=None, crawl_script=None)


def remove_later(analysis: Analysis) -> None:
    """Queue the removal of logins and scripts that no URL scan refers to any more, if there are any."""
    if any(model.objects.unreferred().exists() for model in (TargetLogin, CrawlScript)):
        ask_for_removal(analysis)

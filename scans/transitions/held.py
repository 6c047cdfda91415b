"""Writing as the holder of a lease: the only way in which a worker changes the URL scan that it holds.

with transitions.held(url_scan) as scan:  # raises LeaseLost before anything is written
    ...

@transitions.by_holder  # the same for a whole function, which is also tried again while the database fails
def store(scan: UrlScan, ...): ...
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.db import connection, transaction

from scans.database import statements
from scans.database.patience import patiently
from scans.models import UrlScan
from scans.transitions.core import LeaseLost, locked_scan

Result, Arguments = TypeVar("Result"), ParamSpec("Arguments")
_held: ContextVar[UrlScan | None] = ContextVar("held", default=None)


@contextmanager
def held(url_scan: UrlScan) -> Iterator[UrlScan]:
    """One transaction of the holder: yields the URL scan as it is now, its analysis locked and its lease renewed.

    Raises LeaseLost if `url_scan.lease_holder` does not hold it any more, so that nothing of this block is written. A
    block inside another one of the same URL scan is a part of that.
    """
    outer = _held.get()
    if outer is not None and outer.pk == url_scan.pk:
        _require_holder(outer, url_scan)
        yield outer
        return
    began, is_outermost = monotonic(), not connection.in_atomic_block
    with transaction.atomic():
        scan = locked_scan(url_scan)
        _require_holder(scan, url_scan)
        if scan.lease_holder:
            renewed = statements.renew_lease(scan.pk, scan.lease_holder, settings.SCANS_LEASE_SECONDS)
            scan.lease_until = renewed.lease_until
        token = _held.set(scan)
        try:
            yield scan
        finally:
            _held.reset(token)
    if is_outermost:
        url_scan.held_until = began + settings.SCANS_LEASE_SECONDS


def _require_holder(scan: UrlScan, ours: UrlScan) -> None:
    if scan.lease_holder != ours.lease_holder:
        raise lost(ours)


def lost(url_scan: UrlScan) -> LeaseLost:
    """Return the error that says that this URL scan has another holder now."""
    return LeaseLost(f"{url_scan.url} is no longer held by {url_scan.lease_holder or 'nobody'}.")


def while_held(url_scan: UrlScan, work: Callable[[], Result]) -> Result:
    """Return what `work` returns; call it again while the database fails, as long as the lease lasts.

    `work` must be safe to repeat, as everything is that only reads. Raises what `patiently` raises.
    """
    until = url_scan.held_until or monotonic() + settings.SCANS_LEASE_SECONDS
    return patiently(work, until)


def by_holder(
    function: Callable[Concatenate[UrlScan, Arguments], Result],
) -> Callable[Concatenate[UrlScan, Arguments], Result]:
    """Decorate what the holder of a URL scan writes: it runs in `held`, and again while the database fails.

    The function gets the URL scan that `held` yields. It must not change anything but the database and that object. A
    transaction whose COMMIT was not confirmed is not repeated if it did happen. Raises LeaseLost; the error of a
    database that fails until the lease ends; and whatever the function raises.
    """

    @wraps(function)
    def run(url_scan: UrlScan, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        done: tuple[datetime, Result] | None = None

        def once() -> Result:
            nonlocal done
            if done and _is_committed(url_scan, done[0]):
                return done[1]
            with held(url_scan) as scan:
                lease_until = scan.lease_until  # which the function may release
                result = function(scan, *args, **kwargs)
                done = (lease_until, result) if lease_until else None
            return result

        return while_held(url_scan, once)

    return run


def _is_committed(url_scan: UrlScan, lease_until: datetime) -> bool:
    """Return whether the transaction that renewed the lease until this moment was committed."""
    ours = {"lease_holder": url_scan.lease_holder, "lease_until": lease_until}
    return UrlScan.objects.filter(pk=url_scan.pk, **ours).exists()

"""Writing as the holder of a lease: the only way in which a worker changes the URL scan that it holds.

with transitions.held(url_scan) as scan:  # raises LeaseLost before anything is written
    ...

@transitions.by_holder  # the same for a whole function, which is also tried again while the database fails
def store(scan: UrlScan, ...): ...
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import wraps
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.db import Error, connection, transaction

from scans.database import statements
from scans.database.patience import may_pass, patiently
from scans.models import UrlScan
from scans.transitions.core import LeaseLost, locked_scan

logger = logging.getLogger(__name__)
Result, Arguments = TypeVar("Result"), ParamSpec("Arguments")
SHARE_TO_SAVE = 1 / 6  # of a lease: to end the work whose lease cannot be renewed
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
    """Return what `work` returns; call it again while the database fails and the lease lasts.

    Ends a little before the lease does, so that an engine can still save its session. `work` must be safe to repeat, as
    everything is that only reads. Raises what `patiently` raises.
    """
    lasts = settings.SCANS_LEASE_SECONDS
    began = monotonic()
    return patiently(work, lambda: (url_scan.held_until or began + lasts) - lasts * SHARE_TO_SAVE)


@contextmanager
def letting_go(url_scan: UrlScan) -> Iterator[None]:
    """Leave the block, and log why, if the lease is lost or the database failed until it ended.

    A database that fails decides nothing about a scan: the lease runs out, and the scan is taken up again.
    """
    try:
        yield
    except LeaseLost as late:
        logger.warning("%s", late)
    except Error as error:
        if not may_pass(error):
            raise
        logger.warning("The database failed for too long (%s): %s is left.", type(error).__name__, url_scan.url)


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

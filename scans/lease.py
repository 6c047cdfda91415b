"""Working for long without losing the lease of a URL scan."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from scans import transitions
from scans.models import UrlScan

SECONDS_BETWEEN_RENEWALS = 1
Result = TypeVar("Result")


def keeping_lease(url_scan: UrlScan, work: Callable[[], Result]) -> Result:
    """What `work` gives or raises; it runs in a thread of its own, so that it may ask the database nothing.

    The lease is renewed meanwhile; raises LeaseLost, once the work is done, where somebody else has it now.
    """
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        while not wait([working], timeout=SECONDS_BETWEEN_RENEWALS).done:
            transitions.renew(url_scan)
    return working.result()

"""Working for long without losing the lease of a URL scan."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from scans import transitions
from scans.models import UrlScan

SECONDS_BETWEEN_RENEWALS = 1
Result = TypeVar("Result")


def keeping_lease(url_scan: UrlScan, work: Callable[[], Result], kept: Callable[[], object] = lambda: None) -> Result:
    """What `work` gives or raises; it runs in a thread of its own, so that it may ask the database nothing.

    The lease is renewed meanwhile, and at the end; `kept` is called each time. Raises LeaseLost, once the work is
    done, where somebody else has it now.
    """
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        done = None
        while not done:
            done = wait([working], timeout=SECONDS_BETWEEN_RENEWALS).done
            transitions.renew(url_scan)  # after the work too: we may have been frozen with it
            kept()
    return working.result()

"""Watching the product while it suffers: the invariants again and again, and how soon scans have a worker again."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import Error, connection
from django_tasks_db.models import DBTaskResult

from scans.maintenance.invariants import checking
from scans.models import UrlScan
from scans.statuses import MAY_HOLD_SLOT

SECONDS_BETWEEN_SAMPLES = 4


@dataclass
class Loss:
    """A URL scan whose worker was struck, and when."""

    scan: int
    holder: str
    began: float
    fault: str
    seconds: float | None = None  # until another worker has it, or it needs none any more


@dataclass
class Watcher:
    """Samples the invariants, and follows the URL scans that lost their worker."""

    samples: int = 0
    violations: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    strikes: Counter[int] = field(default_factory=Counter)  # how often the worker of a URL scan may have been lost

    def __post_init__(self):
        self._over = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._sample, self._follow)]

    def begin(self) -> None:
        """Watch from now on."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._over.set()
        for thread in self._threads:
            thread.join(120)

    def lost(self, scan: int, holder: str, fault: str) -> None:
        """Follow a URL scan from now on."""
        self.strikes[scan] += 1
        self.losses.append(Loss(scan, holder, time.monotonic(), fault))

    def look(self) -> None:
        """Ask all invariants once. The database may be away: then this is no sample."""
        result = checking.check()
        self.samples += 1
        for one in result.violations:
            if str(one) not in self.violations:
                self.violations.append(str(one))

    def _sample(self) -> None:
        while not self._over.wait(SECONDS_BETWEEN_SAMPLES):
            try:
                self.look()
            except Error:
                connection.close()
            except Exception as error:
                self.errors.append(f"A look at the invariants failed: {type(error).__name__}: {error}")
        connection.close()

    def _follow(self) -> None:
        while not self._over.wait(0.25):
            open_losses = [loss for loss in self.losses if loss.seconds is None]
            try:
                for loss in open_losses:
                    if _has_recovered(loss):
                        loss.seconds = time.monotonic() - loss.began
            except Error:
                connection.close()
        connection.close()


def _has_recovered(loss: Loss) -> bool:
    """Whether another worker has the scan, or it needs none any more."""
    row = UrlScan.objects.filter(pk=loss.scan).values_list("status", "lease_holder", "slot_since").first()
    if row is None:
        return True
    status, holder, slot = row
    if holder:
        return holder != loss.holder
    return status not in MAY_HOLD_SLOT or not slot


def all_held() -> list[int]:
    """Return the URL scans that a worker holds now."""
    return list(UrlScan.objects.filter(lease_until__isnull=False).values_list("pk", flat=True))


def held_by(pid: int) -> tuple[int, str] | None:
    """Return the URL scan that the worker with this process id holds, and the name of its lease's holder."""
    for task in DBTaskResult.objects.running().order_by("-started_at"):
        if f"-{pid}-" in task.worker_ids[-1]:
            scan = UrlScan.objects.filter(lease_holder=str(task.pk)).values_list("pk", flat=True).first()
            return (scan, str(task.pk)) if scan else None
    return None

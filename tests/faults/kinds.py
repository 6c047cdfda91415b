"""Every kind of fault, and how often each happens: what machines, networks, disks, clocks and people do."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import Error, connection

from tests.faults.load import People, patiently
from tests.faults.parts import Part, Parts
from tests.faults.postgres import Server
from tests.faults.watching import Watcher, all_held, held_by

MOST_STRIKES = 2  # of one URL scan: the product gives up after three losses of its worker, as it says it does
WORKERS = ("scans", "checks")


@dataclass
class World:
    """All that faults act on."""

    parts: Parts
    watcher: Watcher
    people: People
    lease: float
    seed: int
    folder: Path  # of the product's files
    server: Server | None = None
    sqlite: Path | None = None
    small_disk: bool = False
    injected: Counter[str] = field(default_factory=Counter)
    not_injected: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.random = random.Random(self.seed)


def _chosen(world: World, *kinds: str) -> Part | None:
    """Return a part that suffers nothing now, locked for this fault, and follow the scan that it holds."""
    parts = world.parts.of(*kinds)
    world.random.shuffle(parts)
    for part in parts:
        if not part.is_alive or not part.struck.acquire(blocking=False):
            continue
        try:
            held = held_by(part.pid) if part.kind in WORKERS else None
        except Error:
            connection.close()
            part.struck.release()
            continue
        if held and world.watcher.strikes[held[0]] >= MOST_STRIKES:
            part.struck.release()
            continue
        part.held = held
        return part
    return None


def _strike(world: World, name: str, kinds: tuple[str, ...], act: Callable[[Part], None], *, is_loss: bool) -> bool:
    part = _chosen(world, *kinds)
    if part is None:
        return False
    try:
        if is_loss and part.held:
            world.watcher.lost(*part.held, name)
        act(part)
    finally:
        part.struck.release()
    return True


def _strikes_all(world: World) -> bool:
    """Count a strike for each scan that is held; False if one of them had enough."""
    held = patiently(all_held)
    if any(world.watcher.strikes[scan] >= MOST_STRIKES for scan in held):
        return False
    world.watcher.strikes.update(held)
    return True


def killed(kind: str) -> Callable[[World], bool]:
    """A process of this kind is killed."""
    return lambda world: _strike(
        world, f"kill -9 {kind}", (kind,), lambda part: part.send(signal.SIGKILL), is_loss=True
    )


def _end_in_peace(part: Part) -> None:
    pid, deadline = part.pid, time.monotonic() + 60
    part.send(signal.SIGTERM)
    while part.pid == pid and part.is_alive and time.monotonic() < deadline:
        time.sleep(0.1)


def told_to_end(kind: str) -> Callable[[World], bool]:
    """A process of this kind is told to end, as in a deployment, and may take as long as a scan's session takes."""

    return lambda world: _strike(world, f"SIGTERM {kind}", (kind,), _end_in_peace, is_loss=False)


def frozen(kind: str, times_lease: float) -> Callable[[World], bool]:
    """A process of this kind stands still for that many leases, then wakes up."""

    def fault(world: World) -> bool:
        def act(part: Part) -> None:
            part.send(signal.SIGSTOP)
            time.sleep(world.lease * times_lease)
            part.send(signal.SIGCONT)

        return _strike(world, f"freeze {kind}", (kind,), act, is_loss=times_lease > 1)

    return fault


def clock_off(kind: str) -> Callable[[World], bool]:
    """A process of this kind runs for a while on a host whose clock is off by more than a lease."""

    def fault(world: World) -> bool:
        def act(part: Part) -> None:
            part.clock = world.random.choice((-1, 1)) * world.lease * 12
            part.send(signal.SIGKILL)
            time.sleep(world.lease)
            part.clock = 0
            _end_in_peace(part)  # with what it holds by now, which this fault did not strike

        return _strike(world, f"clock off {kind}", (kind,), act, is_loss=True)

    return fault


def database_killed(world: World) -> bool:
    """The database server ends as in a power cut, and is back some seconds later."""
    if world.server is None or not _strikes_all(world):
        return False
    world.server.kill()
    time.sleep(world.random.uniform(0.5, 4))
    world.server.start()
    return True


def connections_cut(world: World) -> bool:
    """Every connection to the database ends."""
    return bool(world.server and world.server.cut_connections())


def locked(least: float, most: float) -> Callable[[World], bool]:
    """Somebody holds a lock for so many seconds, as a backup or a migration may."""

    def fault(world: World) -> bool:
        seconds = world.random.uniform(least, most)
        if seconds > world.lease / 2 and not _strikes_all(world):
            return False
        if world.server:
            with world.server.locked(world.random.choice(("scans_analysis", "scans_urlscan"))):
                time.sleep(seconds)
            return True
        other = sqlite3.connect(world.sqlite, timeout=60, isolation_level=None)
        try:
            other.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds)
            other.execute("ROLLBACK")
        finally:
            other.close()
        return True

    return fault


def disk_full(world: World) -> bool:
    """The disk of the product's files is full for a moment."""
    if not world.small_disk or not _strikes_all(world):
        return False
    ballast = world.folder / "ballast"
    with open(ballast, "wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 1024**2)
    try:
        time.sleep(world.random.uniform(2, 5))
    finally:
        os.unlink(ballast)
    return True


def people_act(world: World) -> bool:
    """A person stops, pauses, resumes, deletes or verifies again."""
    world.people.act()
    return True


def people_look(world: World) -> bool:
    """A person resumes what was left paused, so that work goes on."""
    patiently(world.people.resume_all)
    return True


@dataclass(frozen=True)
class Kind:
    """A kind of fault: its name, how it happens, its share of all faults, and whether it must happen alone."""

    name: str
    inject: Callable[[World], bool]
    share: int
    alone: bool = False  # it strikes everything: no other fault meanwhile


_KILLS = {"scans": 10, "checks": 6, "scheduler": 6, "web": 3}
KINDS = [Kind(f"kill -9 of {kind}", killed(kind), share) for kind, share in _KILLS.items()]
KINDS += [Kind(f"SIGTERM to {kind}", told_to_end(kind), 3) for kind in ("scans", "checks", "scheduler", "web")]
KINDS += [
    Kind("freeze of a worker, shorter than its lease", frozen("scans", 0.5), 4),
    Kind("freeze of a worker, longer than its lease", frozen("scans", 1.6), 5),
    Kind("freeze of a checks worker, longer than its lease", frozen("checks", 1.6), 3),
    Kind("freeze of a scheduler, longer than its lead", frozen("scheduler", 2), 3),
    Kind("clock of a worker off by twelve leases", clock_off("scans"), 3),
    Kind("clock of a scheduler off by twelve leases", clock_off("scheduler"), 2),
    Kind("database killed and started again", database_killed, 3, alone=True),
    Kind("all connections to the database cut", connections_cut, 6),
    Kind("lock held for some seconds", locked(2, 5), 2, alone=True),
    Kind("lock held for over 20 seconds", locked(21, 23), 1, alone=True),
    Kind("disk full", disk_full, 2, alone=True),
    Kind("a person stops, pauses, resumes, deletes or verifies again", people_act, 12),
    Kind("a person resumes all", people_look, 3),
]

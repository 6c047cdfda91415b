"""URL scans a minute with 1, 2, 4 and 8 workers on PostgreSQL, and their processor time: python -m tests.faults.scale.

The engine plays a story of half a second, so that what is measured is the product and not the scanning.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from tests.faults import figures
from tests.faults.parts import Host, Part, Parts
from tests.faults.running import Plan, Skipped, stage

WORKERS = (1, 2, 4, 8)
MINUTES_AT_MOST = 10


def measured(workers: int, scans: int) -> dict[str, float]:
    """Scan so many URLs with so many workers; returns scans a minute, and seconds of processor time of each scan."""
    plan = Plan("PostgreSQL", scans=workers, checks=1, lease=30)
    with stage(plan) as made:
        from scans.models import ScanSettings

        ScanSettings.objects.update(capacity=workers)
        host = Host(made["variables"], made["folder"])
        kinds = [("scheduler", 1), ("scans", workers), ("checks", 1)]
        parts = Parts([Part(kind, f"{kind}-{n}", host) for kind, count in kinds for n in range(count)])
        with parts.running():
            seconds, processor = _scanned(scans, made["site"], parts)
        host.end()
    return {"workers": workers, "a_minute": scans / seconds * 60, "processor": processor / scans}


def _scanned(scans: int, site: str, parts: Parts) -> tuple[float, float]:
    """Submit all, and return the seconds from the first to the last, and the processor time of all processes."""
    from datetime import timedelta

    from scans import transitions
    from scans.models import Actor, UrlScan

    before, began = _processor(parts), time.monotonic()
    for number in range(0, scans, 20):
        urls = tuple(f"{site}/s{number}/{place}" for place in range(min(20, scans - number)))
        submission = transitions.Submission(
            urls=urls, name=f"Scale {number}", duration=timedelta(hours=1), prescan=False
        )
        transitions.submit(submission, by=Actor.COMMAND)
    deadline = began + MINUTES_AT_MOST * 60
    while UrlScan.objects.filter(started_at__isnull=False, ended_at__isnull=False).count() < scans:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{scans} scans were not done in {MINUTES_AT_MOST} minutes.")
        time.sleep(0.25)
    wrong = UrlScan.objects.exclude(status__startswith="completed").count()
    if wrong:
        raise RuntimeError(f"{wrong} scans did not complete.")
    return time.monotonic() - began, _processor(parts) - before


def _processor(parts: Parts) -> float:
    """Seconds of processor time that the processes and their ended children have used."""
    ticks = os.sysconf("SC_CLK_TCK")
    used = 0.0
    for part in parts.all:
        words = Path(f"/proc/{part.pid}/stat").read_text().rpartition(")")[2].split()
        used += sum(int(word) for word in words[11:15]) / ticks
    return used


def main() -> None:
    """Measure each number of workers in a process of its own, and write the figures if asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.scale", description=__doc__)
    parser.add_argument("--workers", type=int, help="measure this number only, and print it")
    parser.add_argument("--scans", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    arguments = parser.parse_args()
    os.environ.setdefault("FAULTS_SCAN_SECONDS", "0.5")
    if arguments.workers:
        try:
            one = measured(arguments.workers, arguments.scans)
        except Skipped as reason:
            sys.exit(f"Skipped: {reason}")
        print(f"{one['workers']} {one['a_minute']:.1f} {one['processor']:.2f}")
        return
    rows = []
    for workers in WORKERS:
        command = [sys.executable, "-m", "tests.faults.scale", f"--workers={workers}", f"--scans={arguments.scans}"]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
        rows.append(told)
        print(*told, flush=True)
    if arguments.write:
        busy = os.getloadavg()[0]
        head = ["workers", "URL scans a minute", "seconds of processor time for each"]
        note = f"{arguments.scans} scans each, {datetime.now():%Y-%m-%d}, {os.cpu_count()} cores, load {busy:.0f}."
        figures.put("scale-out", [note, "", *figures.table(head, rows)])


if __name__ == "__main__":
    main()

"""Half an hour of steady work with a fault every ten seconds: python -m tests.faults.soak.

50 URL scans a minute, 50 open pages. One process of each kind is never struck: its memory and open files are compared
between the second and the last quarter, and so are connections to the database and rows that should not become more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from statistics import median

from tests.faults import figures
from tests.faults.parts import Host, Part, Parts
from tests.faults.running import Plan, Skipped, become_quiet, inject, keep_logs, stage

SECONDS_BETWEEN_MEASURES = 10
MOST_GROWTH = {"memory": 1.25, "files": 1.25, "connections": 1.5, "rows": 1.5}
SPARED = ("web-0", "scheduler-0", "scans-0", "checks-0")
STEADY_ROWS = ("systempart", "statuscount", "schedulerlead", "openfindings")


class Measures:
    """What is measured again and again, each as a series of values."""

    def __init__(self, parts: Parts, server):
        self._parts = [part for part in parts.all if part.name in SPARED]
        self._server = server
        self.series: dict[str, list[float]] = defaultdict(list)

    def take(self) -> None:
        """Measure everything once; what cannot be measured now is left out."""
        for part in self._parts:
            process = Path(f"/proc/{part.pid}")
            try:
                pages = int((process / "statm").read_text().split()[1])
                files = len(list((process / "fd").iterdir()))
            except OSError:
                continue
            self.series[f"memory of {part.name} (MB)"].append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
            self.series[f"files of {part.name}"].append(files)
        if self._server:
            self.series["connections"].append(self._server.connections())
        for name, count in _rows().items():
            self.series[f"rows of {name}"].append(count)

    def growth(self) -> dict[str, tuple[float, float]]:
        """The median of the second and of the last quarter of each series."""
        grown = {}
        for name, values in self.series.items():
            quarter = max(1, len(values) // 4)
            grown[name] = (median(values[quarter : 2 * quarter] or values), median(values[-quarter:]))
        return grown

    def grew(self) -> list[str]:
        """What became more than it may: a sentence each."""
        told = []
        for name, (before, after) in self.growth().items():
            limit = MOST_GROWTH[name.split()[0]]
            if after > before * limit + 5:
                told.append(f"{name} grew from {before:.0f} to {after:.0f}")
        return told


def _rows() -> dict[str, int]:
    from django_tasks_db.models import DBTaskResult

    from scans.models import OpenFindings, SchedulerLead, StatusCount, SystemPart, UrlScan

    models = {"systempart": SystemPart, "statuscount": StatusCount, "schedulerlead": SchedulerLead}
    rows = {name: model.objects.count() for name, model in models.items()}
    rows["openfindings"] = OpenFindings.objects.count()
    rows["tasks that wait or run"] = DBTaskResult.objects.filter(status__in=["READY", "RUNNING"]).count()
    rows["URL scans under way"] = UrlScan.objects.filter(ended_at=None).count()
    return rows


def soaked(plan: Plan, seconds: float, a_minute: float, pages: int) -> dict:
    """Run it, and return what was seen."""
    with stage(plan) as made:
        from scans.models import ScanSettings
        from tests.faults.kinds import World
        from tests.faults.load import People
        from tests.faults.outcome import account
        from tests.faults.pages import Pages
        from tests.faults.watching import Watcher

        ScanSettings.objects.update(capacity=plan.scans)
        host = Host(made["variables"], made["folder"])
        parts = Parts([Part(kind, name, host) for kind, name in plan.parts])
        for part in parts.all:
            if part.name in SPARED:
                part.struck.acquire()
        people, watcher = People(made["site"], plan.seed, a_minute / 1.35), Watcher()  # 1.35 URLs each on average
        places = [made[name] for name in ("files", "server", "sqlite", "small_disk")]
        world = World(parts, watcher, people, plan.lease, plan.seed, *places)
        opened = Pages(pages, made["variables"]["PORT"])
        measures = Measures(parts, made["server"])
        with parts.running():
            for one in (people, watcher, opened):
                one.begin()
            _measure_meanwhile(measures, plan, world, seconds)
            people.end()
            become_quiet(people, print)
            opened.end()
            watcher.end()
            watcher.look()
        host.end()
        told = account(people.accepted, watcher, made["folder"] / "locks")
        keep_logs(made["folder"])
    told |= {"faults": world.injected.total(), "answers": dict(opened.answers), "growth": measures.growth()}
    told["wrong"] = told["violations"] + told["lost"] + measures.grew()
    return told


def _measure_meanwhile(measures: Measures, plan: Plan, world, seconds: float) -> None:
    """Inject faults in a thread, and measure until the time is over."""
    import threading

    from django.db import Error, connection

    thread = threading.Thread(target=inject, args=[plan, world, print], daemon=True)
    thread.start()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(SECONDS_BETWEEN_MEASURES)
        try:
            measures.take()
        except (Error, OSError):
            connection.close()
        except Exception as error:  # the server is away
            print(f"Not measured: {type(error).__name__}", flush=True)
    thread.join()


def _written(told: dict, plan: Plan, minutes: float) -> list[str]:
    rows = [[name, f"{before:.0f}", f"{after:.0f}"] for name, (before, after) in told["growth"].items()]
    answers = ", ".join(f"{count:,} {name}" for name, count in told["answers"].items())
    return [
        f"{plan.database}, {minutes:g} minutes, {datetime.now():%Y-%m-%d}: {told['scans']:,} URL scans, "
        f"{told['faults']} faults, {told['samples']} looks at all invariants, {len(told['violations'])} violations, "
        f"{len(told['lost'])} lost. Polls of the open pages: {answers}.",
        "",
        *figures.table(["median", "second quarter", "last quarter"], rows),
    ]


def main() -> None:
    """Soak, and write the figures if asked to. Exit code 1 where something grew or is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--database", choices=["SQLite", "PostgreSQL"], default="PostgreSQL")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--scans", type=float, default=50, help="a minute")
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--every", type=float, default=10, help="seconds between two faults")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    arguments = parser.parse_args()
    faults = int(arguments.minutes * 60 / arguments.every)
    plan = Plan(arguments.database, faults=faults, every=arguments.every, lease=15, scans=8, seed=7)
    os.environ.setdefault("FAULTS_SCAN_SECONDS", "4")
    try:
        told = soaked(plan, arguments.minutes * 60, arguments.scans, arguments.pages)
    except Skipped as reason:
        sys.exit(f"Skipped: {reason}")
    print(json.dumps(told, indent=2, default=str))
    if arguments.write:
        figures.put("soak", _written(told, plan, arguments.minutes))
    sys.exit(bool(told["wrong"]))


if __name__ == "__main__":
    main()

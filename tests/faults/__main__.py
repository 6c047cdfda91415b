"""python -m tests.faults: `make faults` calls it. Exit code 1 where something was wrong, lost or suffered."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults import figures
from tests.faults.running import Plan, Skipped, run

if TYPE_CHECKING:
    from tests.faults.outcome import Outcome  # which needs Django to be set up

DATABASES = ("SQLite", "PostgreSQL")


def main() -> None:
    """Run on one kind of database, or on both, each in a process of its own: Django knows one database."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=Plan.every, help="seconds between two faults")
    parser.add_argument("--lease", type=int, default=Plan.lease)
    parser.add_argument("--without", action="append", default=[], help="a kind of fault to leave out")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--write", action="store_true", help="write docs/reliability.md")
    arguments = parser.parse_args()
    if arguments.database is None:
        command = [sys.executable, "-m", "tests.faults", *sys.argv[1:]]
        codes = [subprocess.run([*command, f"--database={kind}"]).returncode for kind in DATABASES]
        sys.exit(max(codes))
    numbers = (arguments.faults, arguments.seed, arguments.every, arguments.lease)
    plan = Plan(arguments.database, *numbers, without=tuple(arguments.without))
    try:
        outcome = run(plan, lambda told: print(told, flush=True))
    except Skipped as reason:
        print(f"{plan.database} was skipped: {reason}")
        return
    print(json.dumps(outcome.as_json(), indent=2, default=str))
    if arguments.json:
        arguments.json.write_text(json.dumps({"plan": asdict(plan), **outcome.as_json()}, indent=2, default=str))
    if arguments.write:
        figures.put(f"faults on {plan.database}", _written(outcome))
    sys.exit(not outcome.is_well)


def _written(outcome: Outcome) -> list[str]:
    """The figures of a run as lines of docs/reliability.md."""
    count, (middle, worst) = sum(outcome.faults.values()), outcome.recovery
    rows = [
        ["faults", count],
        ["processes started again", outcome.restarts],
        ["analyses, URL scans", f"{outcome.analyses:,}, {outcome.scans:,}"],
        ["log entries", f"{outcome.entries:,}"],
        ["looks at all invariants", outcome.samples],
        ["violations", len(outcome.violations)],
        ["lost", len(outcome.lost)],
        ["work degraded", len(outcome.degraded)],
        ["ended because the disk was full", outcome.disk_full],
        ["until a URL scan had a worker again: median, worst", f"{middle:.1f} s, {worst:.1f} s"],
    ]
    when = f"{datetime.now():%Y-%m-%d}, seed {outcome.seed}, {outcome.seconds / 60:.0f} minutes"
    kinds = ", ".join(f"{name} {number}" for name, number in outcome.faults.items())
    skipped = [f"Not done: {'; '.join(outcome.skipped)}."] if outcome.skipped else []
    return [f"**{outcome.database}** ({when})", "", *figures.table(["", ""], rows), "", f"Faults: {kinds}.", *skipped]


if __name__ == "__main__":
    main()

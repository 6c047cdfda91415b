"""python -m tests.faults: `make faults` calls it. Exit code 1 where something was wrong, lost or suffered."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.faults.running import Plan, Skipped, run

DATABASES = ("SQLite", "PostgreSQL")


def main() -> None:
    """Run on one kind of database, or on both, each in a process of its own: Django knows one database."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=Plan.every, help="seconds between two faults")
    parser.add_argument("--lease", type=float, default=Plan.lease)
    parser.add_argument("--without", action="append", default=[], help="a kind of fault to leave out")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    arguments = parser.parse_args()
    if arguments.database is None:
        command = [sys.executable, "-m", "tests.faults", *sys.argv[1:]]
        codes = [subprocess.run([*command, f"--database={kind}"]).returncode for kind in DATABASES]
        sys.exit(max(codes))
    plan = Plan(arguments.database, arguments.faults, arguments.seed, arguments.every, arguments.lease)
    try:
        outcome = run(plan, lambda told: print(told, flush=True))
    except Skipped as reason:
        print(f"{plan.database} was skipped: {reason}")
        return
    print(json.dumps(outcome.as_json(), indent=2, default=str))
    if arguments.json:
        arguments.json.write_text(json.dumps({"plan": asdict(plan), **outcome.as_json()}, indent=2, default=str))
    sys.exit(not outcome.is_well)


if __name__ == "__main__":
    main()

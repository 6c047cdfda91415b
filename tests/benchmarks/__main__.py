"""Measure everything and print the table: python -m tests.benchmarks [--tier N] [--only FAMILY …]."""

from __future__ import annotations

import argparse
import traceback
from time import monotonic

from tests.benchmarks import databases, pages, report, scanning, scheduling, summary, writes
from tests.benchmarks.rows import Table
from tests.benchmarks.sides import opened

SMALL = 1_000
PER_DATABASE = {
    "pages": lambda table, large, small: pages.measure(table, large, small),
    "summary": lambda table, large, small: summary.measure(table, large),
    "writes": lambda table, large, small: writes.measure(table, large),
    "scheduling": lambda table, large, small: scheduling.measure(table, large),
}

SCANNING = "scanning"
SCANNING_LEFT_OUT = (
    "Scans, workers and the browser were left out, since they cost minutes and are the same with any number of "
    'analyses: make bench ARGS="--only scanning" measures them.'
)


def main() -> None:
    """Run the families that were asked for, on every kind of database there is."""
    arguments = _arguments()
    began = monotonic()
    tables = [_measured(kind, arguments) for kind in databases.kinds()]
    if len(tables) == 1:
        tables[0].note(databases.IF_SQLITE_ONLY)
    print(f"Done after {(monotonic() - began) / 60:.1f} minutes.")
    if not arguments.only:
        report.write(tables, arguments.tier)


def _measured(kind: str, arguments: argparse.Namespace) -> Table:
    table = Table(f"{kind}, {arguments.tier:,} analyses")
    print(f"\n{table.title}\n", flush=True)
    large = databases.with_load(kind, arguments.tier, anew=arguments.anew)
    small = databases.with_load(kind, SMALL, anew=arguments.anew and arguments.tier != SMALL)
    large.manage("collectstatic", "--no-input", "--verbosity=0")
    for name, measure in PER_DATABASE.items():
        if name in (arguments.only or PER_DATABASE):
            _family(table, name, lambda measure=measure: _on_sides(table, measure, large, small))
    if SCANNING in (arguments.only or ([SCANNING] if arguments.tier > SMALL else [])):
        _family(table, SCANNING, lambda: scanning.measure(table, kind))
    elif not arguments.only:
        table.note(SCANNING_LEFT_OUT)
    return table


def _on_sides(table: Table, measure, large: databases.Database, small: databases.Database) -> None:
    with opened(large, small) as sides:
        measure(table, *sides)


def _family(table: Table, name: str, measure) -> None:
    """Measure one family; what breaks is shown, and keeps none of the others from being measured."""
    try:
        measure()
    except Exception as error:
        traceback.print_exc()
        table.note(f"NOT MEASURED to its end: {name} ({type(error).__name__}: {error})")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--tier", type=int, default=1_000_000, help="analyses of the large load")
    parser.add_argument(
        "--only", nargs="*", choices=[*PER_DATABASE, SCANNING], help="these families, and write nothing"
    )
    parser.add_argument("--anew", action="store_true", help="build the loads again")
    return parser.parse_args()


if __name__ == "__main__":
    main()

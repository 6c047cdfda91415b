"""The rows of single large things: a summary page of very many URL scans and log entries."""

from tests.benchmarks.rows import Row, Table
from tests.benchmarks.sides import Side, in_turns, request


def measure(table: Table, side: Side) -> None:
    """Add every row of this family."""
    large = side("make", what="with_urls_and_entries", urls=250, entries=10_000)
    small = side("make", what="with_urls_and_entries", urls=5, entries=50)
    many, few = in_turns(request(side, large["path"]), request(side, small["path"]))
    what = f"summary of 250 URL scans and {large['entries']:,} log entries"
    shown = f"{many.ms:.1f} ms : {few.ms:.1f} ms, {many.bytes / 1000:.1f} : {few.bytes / 1000:.1f} kB sent"
    table.add(Row(what, f"the same with 5 and {small['entries']}", many.ms / few.ms, 2.5, shown))

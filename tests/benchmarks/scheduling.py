"""The rows of the scheduler: filling a slot and ticking while many wait, and a start of many together."""

from __future__ import annotations

from tests.benchmarks.rows import Row, Table
from tests.benchmarks.sides import Side

FEW = (20, 5)
MANY = ((2000, 5), (40, 250))
DUE_TOGETHER = 1000
SILENT = 30  # seconds after which the banner shows


def measure(table: Table, side: Side) -> None:
    """Add every row of this family."""
    idle = side("make", what="idle_tick")
    few = _with_waiting(side, *FEW)
    for analyses, urls in MANY:
        many = _with_waiting(side, analyses, urls)
        waiting = f"{analyses} analyses of {urls} waiting"
        shown = f"{many['fill']:.1f} ms : {few['fill']:.1f} ms"
        table.add(Row(f"filling a free place, {waiting}", "100 waiting", many["fill"] / few["fill"], 2, shown))
        tick = many["tick"]
        shown = f"{tick['ms']:.1f} ms : {idle['ms']:.1f} ms"
        table.add(Row(f"a tick with nothing to do, {waiting}", "none", tick["ms"] / idle["ms"], 2, shown))
        table.add(Row("the same, processor time", "–", tick["cpu_ms"], 50, "median", "ms"))
    started = side("make", what="start_together", analyses=DUE_TOGETHER)
    side("make", what="put_away_waiting", ids=started["ids"])
    what, shown = f"{DUE_TOGETHER} analyses that are due together", f"{started['ticks']} ticks"
    table.add(Row(f"{what}: the longest tick", "–", started["longest"], 2, shown, "s"))
    table.add(Row(f"{what}: longest without a report", "the banner", started["silent"], SILENT, shown, "s"))


def _with_waiting(side: Side, analyses: int, urls: int) -> dict:
    ids = side("make", what="with_waiting", analyses=analyses, urls=urls)["ids"]
    tick = side("make", what="idle_tick")
    fill = side("make", what="fill_places")["ms"]
    side("make", what="put_away_waiting", ids=ids)
    return {"fill": fill, "tick": tick}

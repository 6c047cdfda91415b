"""The rows of writing: a transition beside the bare statements it comes down to, and many writers at a time."""

from __future__ import annotations

from os import cpu_count

from tests.benchmarks.databases import Database
from tests.benchmarks.rows import Row, Table
from tests.benchmarks.sides import Side, opened

TRANSITIONS = 100
WRITERS = 8
OF_A_WRITER = 80


def measure(table: Table, side: Side) -> None:
    """Add every row of this family."""
    medians = side("make", what="pauses_beside_bare_statements", analyses=TRANSITIONS)
    rates = {name: 1000 / milliseconds for name, milliseconds in medians.items()}
    shown = f"{rates['ours']:.0f} : {rates['bare']:.0f} a second"
    what = "transition, log entry and roll-up"
    table.add(
        Row(
            what, "the bare three statements", rates["ours"] / rates["bare"], 1 / 6, shown, "of the rate", at_least=True
        )
    )
    if side.database.kind == "PostgreSQL":
        _many_writers(table, side.database)


def _many_writers(table: Table, database: Database) -> None:
    with opened(*[database] * WRITERS) as sides:
        verbs, bare = (_scaling(sides, bare) for bare in (False, True))
    (one, many), (bare_one, bare_many) = verbs, bare
    shown = f"{many:.0f} : {bare_many:.0f} a second"
    what, beside = f"transitions, {WRITERS} writers", f"the bare statements, {WRITERS} writers"
    row = Row(what, beside, many / bare_many, 0.8, shown, at_least=True)
    table.add(row)
    table.note(
        f"{WRITERS} writers make {many / one:.1f} × the transitions of one here, and {bare_many / bare_one:.1f} × the "
        f"bare statements: writers and the database share {cpu_count()} cores."
    )


def _scaling(sides: list[Side], bare: bool) -> tuple[float, float]:
    """Transitions a second of one writer alone, and of all at a time."""
    return _rate(sides[:1], bare), _rate(sides, bare)


def _rate(sides: list[Side], bare: bool) -> float:
    made = [side("make", what="running", analyses=OF_A_WRITER)["ids"] for side in sides]
    for side, ids in zip(sides, made, strict=True):
        side.ask("make", what="write", ids=ids, bare=bare)
    answers = [side.answer() for side in sides]
    for side, ids in zip(sides, made, strict=True):
        side("make", what="put_away", ids=ids)
    seconds = max(answer["ended"] for answer in answers) - min(answer["began"] for answer in answers)
    return len(sides) * OF_A_WRITER / seconds

"""The table: what was measured, with what it is compared, the ratio, its bound and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

FAST, SLOW = "PASS", "FALLS SHORT"


@dataclass(frozen=True)
class Row:
    """One line. `at_least` turns the bound round; `shown` is what stands under "measured"."""

    what: str
    compared_with: str
    value: float
    bound: float
    measured: str
    unit: str = "×"
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether the bound holds."""
        holds = self.value >= self.bound if self.at_least else self.value <= self.bound
        return FAST if holds else SLOW

    @property
    def cells(self) -> list[str]:
        """The line as text."""
        sign = "≥" if self.at_least else "≤"
        value = f"{self.value:.2f}" if self.value < 100 else f"{self.value:.0f}"
        bound = f"{sign} {self.bound:g} {self.unit}"
        return [self.what, self.compared_with, self.measured, f"{value} {self.unit}", bound, self.verdict]


HEAD = ["what", "compared with", "measured", "value", "bound", "verdict"]


@dataclass
class Table:
    """The rows of one kind of database, printed as they come in."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take a row in, and show it at once."""
        self.rows.append(row)
        what, compared_with, measured, value, bound, verdict = row.cells
        print(f"{verdict:12} {value:>9} {bound:>9}  {what} / {compared_with}: {measured}", flush=True)

    def note(self, text: str) -> None:
        """Something that the reader has to know."""
        self.notes.append(text)
        print(text, flush=True)

    def in_markdown(self) -> str:
        """All of it, as a section."""
        lines = [HEAD, ["---"] * len(HEAD), *(row.cells for row in self.rows)]
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        notes = "".join(f"- {note}\n" for note in self.notes)
        return f"## {self.title}\n\n{table}\n" + (f"\n{notes}" if notes else "")

"""Putting the figures of a run into docs/reliability.md, between the marks of its section."""

import re

from tests.faults.parts import ROOT

PAGE = ROOT / "docs" / "reliability.md"


def put(section: str, lines: list[str]) -> None:
    """Replace what stands between the marks of this section."""
    marks = f"<!-- {section} -->", f"<!-- end of {section} -->"
    text = PAGE.read_text()
    pattern = re.compile(f"{marks[0]}.*?{marks[1]}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"{PAGE} has no section {section}")
    body = "\n".join([marks[0], *lines, marks[1]])
    PAGE.write_text(pattern.sub(lambda _: body, text))


def table(head: list[str], rows: list[list[object]]) -> list[str]:
    """Lines of a table."""
    told = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in row) + " |" for row in told]

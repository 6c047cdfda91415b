"""Lines of an option that hold for one URL of an analysis alone: they begin with this URL and a blank."""

import re
from collections.abc import Iterable, Iterator


def parted(line: str) -> tuple[str, str]:
    """Return the URL that a line is for, and the rest of the line. The URL is empty where it is for all."""
    match = re.fullmatch(r"(https?://\S+)\s+(.*)", line, re.IGNORECASE | re.DOTALL)
    return (match[1], match[2]) if match else ("", line)


def joined(url: str, rest: str) -> str:
    """Return the line that `parted` parts."""
    return f"{url} {rest}" if url else rest


def holding(lines: Iterable[str], url: str) -> Iterator[tuple[str, str]]:
    """Yield the lines that hold for this URL, parted as `parted` does; those for all URLs first."""
    pairs = [parted(line) for line in lines]
    yield from (pair for pair in pairs if not pair[0])
    yield from (pair for pair in pairs if pair[0] == url)

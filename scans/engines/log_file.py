"""Reads an engine's log while it grows: first its end, then the new lines, never more than a limited piece at once."""

import os
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from scans.harmless import harmless

PIECE = 64 * 1024  # bytes


@dataclass(frozen=True)
class Piece:
    """A part of a log, and the position of the next part ("" if there is no log)."""

    text: str
    position: str
    cut: bool = False  # whether earlier text was left out
    anew: bool = False  # whether the log was emptied or replaced since the requested position


def read(path: Path, position: str = "", limit: int = PIECE) -> Piece:
    """Return the text written since a position. Without a position, or if the log was restarted, return its end.

    If there are more than `limit` bytes, only the last whole lines are returned. An incomplete character is left for
    the next call.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return Piece("", "")
    with file:
        facts = os.fstat(file.fileno())
        offset = _offset(position, facts)
        text, cut, read_to = _from(file, facts.st_size, offset or 0, limit)
    return Piece(text=text, position=f"{facts.st_ino}-{read_to}", cut=cut, anew=bool(position) and offset is None)


def end_of(file: BinaryIO, limit: int = PIECE) -> Piece:
    """Return the end of a log that does not grow any more, and close it. Its position is empty."""
    with file:
        text, cut, _ = _from(file, file.seek(0, os.SEEK_END), 0, limit)
    return Piece(text=text, position="", cut=cut)


def _from(file: BinaryIO, size: int, offset: int, limit: int) -> tuple[str, bool, int]:
    """Return the last whole lines since an offset, whether earlier ones are left out, and the offset of the end."""
    start = max(offset, size - limit)
    file.seek(start)
    text, read_to = _text(file.read(limit), start)
    cut = start > offset
    return (text.partition("\n")[2] or text) if cut else text, cut, read_to


def lines(file: TextIO) -> Iterator[str]:
    """Yield a whole log, harmless to show, and close it. A long line comes in pieces."""
    with file:
        while line := file.readline(PIECE):
            yield harmless(line)


def _offset(position: str, facts: os.stat_result) -> int | None:
    """Return the offset in the file; None if the position is not one of this file, or the file is shorter by now."""
    known = re.fullmatch(r"([0-9]{1,20})-([0-9]{1,20})", position)
    if not known or int(known[1]) != facts.st_ino or int(known[2]) > facts.st_size:
        return None
    return int(known[2])


def _text(data: bytes, start: int) -> tuple[str, int]:
    """Return the complete characters, and the offset where they end in the file."""
    decoder = getincrementaldecoder("utf-8")(errors="replace")
    text = decoder.decode(data)
    return text, start + len(data) - len(decoder.getstate()[0])

"""Lists of URLs as people have them: one to a line, with comments, or a table with a column of URLs.

A comma or a semicolon may belong to an address, or separate it from the next column: `https://h/find?ids=1,2`. The list
does not tell, so such a line is refused, unless a quote, a pair of angle brackets or a first line with the names of the
columns tells. A tab never belongs to an address.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from scans.configuration.fields import invalid
from scans.targets.policy import shown

_LINE_BREAK = re.compile(r"\r\n|[\n\v\f\r\x85\u2028\u2029]")
_INVISIBLE = " \t\xa0\u200b\u200e\u200f\u2060\ufeff"
_COMMENT = re.compile(r"(?<!\s)\s+#.*")
# The names of a column of URLs, the surest first.
_NAMES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"[\w\s()*-]*\bur[li]s?\b[\w\s()*-]*",  # no address without its scheme, such as h.example/url
        r"(web[- ]?)?(address|addresses|adresse|adressen)|(web[- ]?)?(site|sites|seite|seiten)|targets?|ziele?|links?",
    )
]
_SPELLINGS = [  # each around a whole line; everything inside belongs to the address
    re.compile(pattern) for pattern in ("<([^<>]*)>", "'([^']*)'", "[“„]([^“”„]*)[“”]", "«([^«»]*)»")
]
_BEGINS = re.compile(r"(?:^|[\s,;])https?://", re.IGNORECASE)
_SECRET = re.compile("pass|kennwort|secret|geheim|token|cookie|header|key", re.IGNORECASE)  # names of columns
_MARKS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")]
_MARKS += [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PDF = b"%PDF"


@dataclass(frozen=True)
class Line:
    """One URL as it was written, or the reason why the line is refused; `number` counts from 1.

    `cells` are the other cells of its row in a table, each under the name of its column in lower case.
    """

    number: int
    url: str = ""
    error: str = ""
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Columns:
    """The first line of a table: the separator, the number of columns, and which one holds the URLs."""

    separator: str
    names: list[str]
    index: int

    def quoted(self, line: str) -> str:
        """Return a row for a message: without its text where a column may hold a secret."""
        return shown("…" if any(map(_SECRET.search, self.names)) else line)


def as_line(url: str) -> str:
    """Return a URL as a line of a list, from which `read` gets the same URL."""
    return '"{}"'.format(url.replace('"', '""')) if re.search(r"[,;\s\"'<#]", url) else url


def decoded(name: str, content: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether its encoding is certain.

    Raises ValidationError, which names the file and the remedy, if it is not a text.
    """
    if content.startswith(_WORKBOOKS):
        raise invalid(
            _("“{name}” is not a text file but a workbook: save it as CSV, or copy its URLs into the field above."),
            name=name,
        )
    if content.startswith(_PDF):
        raise invalid(_("“{name}” is not a text file but a PDF: copy its URLs into the field above."), name=name)
    try:
        text, certain = _text(content)
    except UnicodeDecodeError:
        text, certain = "\0", False
    if "\0" in text:
        raise invalid(_("“{name}” is not a text file: save it as plain text, one URL to a line."), name=name)
    return text, certain


def _text(content: bytes) -> tuple[str, bool]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding), True
    even, odd = content[::2].count(0), content[1::2].count(0)
    if even + odd > len(content) // 4 and not (even and odd):  # Latin letters in UTF-16 have a zero each
        return content.decode("utf-16-be" if even else "utf-16-le"), True
    try:
        return content.decode(), True
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), False


def read(text: str, certain: bool = True) -> list[Line]:
    """Return the lines of a list that hold something. Letters of an encoding that is not `certain` are refused."""
    lines = list(_filled(text))
    columns = _columns(lines[0][1]) if lines else None
    return [_line(number, line, columns, certain) for number, line in lines[bool(columns) :]]


def _filled(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines without blank ones and comments. `sep=;` is a comment of Excel's."""
    for number, line in enumerate(_LINE_BREAK.split(text), start=1):
        # A tab before the first column and after the last one belongs to the table.
        line = line.strip(_INVISIBLE.replace("\t", ""))
        if line.strip(f"{_INVISIBLE},;") and not line.lstrip(_INVISIBLE).startswith(("#", "sep=")):
            yield number, line


def _columns(first: str) -> _Columns | None:
    """Return the columns if the first line names them, one of them as that of the URLs."""
    if "://" in first:
        return None
    separator = max("\t;,", key=first.count)
    names = [name.strip(f"{_INVISIBLE}\"'") for name in first.split(separator)]
    for pattern in _NAMES:
        for index, name in enumerate(names):
            if pattern.fullmatch(name):
                return _Columns(separator if len(names) > 1 else "", names, index)
    return None


def _line(number: int, line: str, columns: _Columns | None, certain: bool) -> Line:
    cells: tuple[tuple[str, str], ...] = ()
    try:
        if columns and columns.separator:
            url, cells = _of_table(line, columns)
        else:
            url = _alone(line)
        if not certain and not url.isascii():
            raise invalid(
                _("{line} has letters that cannot be read for certain: save the file as UTF-8."), line=shown(url)
            )
    except ValidationError as error:
        return Line(number, error=error.messages[0])
    return Line(number, url, cells=cells)


def _of_table(line: str, columns: _Columns) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the cell in the column of the URLs, and the other cells that hold something."""
    quoted = columns.quoted(line)
    cells = _cells(line, columns.separator, quoted)
    while len(cells) > len(columns.names) and not cells[-1].strip(_INVISIBLE):
        cells.pop()
    expected = len(columns.names)
    if len(cells) > 1 and len(cells) != expected:
        raise invalid(
            _(
                "{line} has {count} columns, but the first line has {expected}. Put an address that holds a comma or "
                "semicolon in double quotes."
            ),
            **{"line": quoted, "count": len(cells), "expected": expected},
        )
    url = _bare(cells[columns.index]) if columns.index < len(cells) else ""
    if not url:
        raise invalid(
            _("{line} has no URL in the column “{column}”."), line=quoted, column=columns.names[columns.index]
        )
    named = zip(columns.names, cells, strict=False)
    others = [pair for index, pair in enumerate(named) if index != columns.index]
    return url, tuple((name.lower(), cell.strip(_INVISIBLE)) for name, cell in others if cell.strip(_INVISIBLE))


def _alone(line: str) -> str:
    """Return the URL of a line, of which nothing is known."""
    if "\t" in line:
        return _only_url(line, _cells(line, "\t"))
    if line.startswith('"'):
        line = re.sub(r'"\s+#.*', '"', line)
        after = re.match(r'"(?:[^"]|"")*"\s*([,;]?)', line)
        return _only_url(line, _cells(line, after[1] or "," if after else ","))
    line = _COMMENT.sub("", line)
    bare = _bare(line)
    if bare != line:
        return bare
    if len(_BEGINS.findall(line)) > 1:
        raise invalid(_("{line} holds several URLs: write one to a line."), line=shown(line))
    if "," in line or ";" in line:
        raise invalid(
            _(
                "{line} holds a comma or semicolon. If it belongs to the address, put the address in double quotes. "
                "If other columns follow, remove them, or name the columns in the first line, this one “url”."
            ),
            line=shown(line),
        )
    return line


def _only_url(line: str, cells: Iterable[str]) -> str:
    """Return the one cell that holds a URL; the first cell if none does, so that it is refused as a URL."""
    filled = [cell for cell in map(_bare, cells) if cell]
    urls = [cell for cell in filled if re.match("https?://", cell, re.IGNORECASE)]
    if len(urls) > 1:
        raise invalid(_("{line} holds several URLs: write one to a line."), line=shown(line))
    return (urls or filled or [line])[0]


def _cells(line: str, separator: str, quoted: str = "") -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator, strict=True, skipinitialspace=True))
    except csv.Error:
        raise invalid(
            _("{line} cannot be read: a double quote is missing, or a cell continues in the next line."),
            line=quoted or shown(line),
        ) from None


def _bare(text: str) -> str:
    """Return the text without blanks, quotes and angle brackets around it."""
    text = text.strip(_INVISIBLE)
    for spelling in _SPELLINGS:
        if inside := spelling.fullmatch(text):
            return inside[1].strip(_INVISIBLE)
    return text

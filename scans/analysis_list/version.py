"""The version of a list: a short text that a poll sends back, so that the answer holds only what has changed since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from zlib import crc32

from django.db import connection
from django.db.models import CharField, Count, Exists, Sum, Value
from django.db.models.functions import Coalesce, Concat

from scans.analysis_list.keyset import Row
from scans.models import FullDisk, ScanSettings, StatusCount, SystemPart, UrlScan


@dataclass(frozen=True)
class ListHeader:
    """The numbers above the rows: capacity, running URL scans, missing parts, whether a disk is full, a version of the
    counts per status."""

    capacity: int
    running: int
    missing: list[SystemPart.Kind]
    disk_is_full: bool
    counts_version: str

    @classmethod
    def now(cls) -> ListHeader:
        """The current header; one query."""
        return cls.with_answer("SELECT NULL", ())[0]

    @classmethod
    def with_answer(cls, sql: str, parameters: Iterable) -> tuple[ListHeader, object]:
        """The current header, and in the same query the answer to another one, which is a single value."""
        header, parameters_of_header = _header_sql(connection.vendor)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT header.*, ({sql}) FROM ({header}) header", [*parameters, *parameters_of_header])  # noqa: S608
            capacity, running, counts_version, is_full, *at_work, answer = cursor.fetchone()
        missing = [kind for kind, is_at_work in zip(SystemPart.Kind, at_work, strict=True) if not is_at_work]
        return cls(capacity, running, missing, bool(is_full), counts_version), answer

    @property
    def checksum(self) -> int:
        """A number that differs whenever anything in the header differs."""
        return crc32(repr(self).encode())


@cache
def _header_sql(vendor: str) -> tuple[str, tuple]:
    """The query. Cached: compiling it takes longer than running it."""
    running, counts = UrlScan.objects.running(), StatusCount.objects.all()
    header = ScanSettings.objects.filter(pk=1).annotate(
        running=Coalesce(_single(running, Count("pk")), 0),
        # Not the highest id: of two transactions, the one that begins later may end earlier.
        counts_version=_single(counts, Concat(Count("pk"), Value("."), Sum("pk"), output_field=CharField())),
        disk_is_full=Exists(FullDisk.current()),
        **{kind: Exists(SystemPart.at_work().filter(kind=kind)) for kind in SystemPart.Kind.values},
    )
    names = ["capacity", "running", "counts_version", "disk_is_full", *SystemPart.Kind.values]
    return header.values_list(*names).query.sql_with_params()


def _single(queryset, aggregate):
    """A subquery with one value: the aggregate of all rows."""
    return queryset.order_by().annotate(all=Value(1)).values("all").annotate(value=aggregate).values("value")


@dataclass(frozen=True)
class ListVersion:
    """A checksum of the header, and the version of each row by its id, in the list's order."""

    header: int
    rows: dict[int, int]

    @classmethod
    def of(cls, header: ListHeader, rows: list[Row]) -> ListVersion:
        """The version of a page."""
        return cls(header.checksum, {row.pk: row.version for row in rows})

    @classmethod
    def parse(cls, text: str) -> ListVersion | None:
        """The version that `str` wrote; None for any other text."""
        numbers = text.split(".")
        if len(numbers) % 2 == 0 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in numbers):
            return None
        header, *rows = map(int, numbers)
        return cls(header, dict(zip(rows[::2], rows[1::2], strict=True)))

    def __str__(self) -> str:
        rows = [f"{pk}.{version}" for pk, version in self.rows.items()]
        return ".".join([str(self.header), *rows])

    def changed(self, later: ListVersion) -> list[int]:
        """The ids of the rows that have another version later."""
        return [pk for pk, version in later.rows.items() if self.rows.get(pk) != version]

    def moved(self, later: ListVersion) -> int:
        """How many rows enter, leave or change places later."""
        before, after = list(self.rows), list(later.rows)
        if before == after:
            return 0
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        kept = sum(block.size for block in blocks)
        moved = len(self.rows.keys() & later.rows.keys()) - kept
        return len(self.rows.keys() ^ later.rows.keys()) + moved

"""What an open list shows, as a short text: what polls compare, to answer with what changed and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from zlib import crc32

from django.db.models import Count, Exists, Sum, Value
from django.db.models.functions import Coalesce

from scans.listing import Row
from scans.models import ScanSettings, StatusCount, SystemPart, UrlScan


@dataclass(frozen=True)
class Around:
    """What stands around the rows of every list: capacity, what runs, what is missing, and how often counts changed."""

    capacity: int
    running: int
    missing: list[SystemPart.Kind]
    counted: str

    @classmethod
    def now(cls) -> Around:
        """As it is now; one query."""
        running, counts = UrlScan.objects.running(), StatusCount.objects.all()
        row = (
            ScanSettings.objects.annotate(
                running=_one(running, Count("pk")),
                # Not the newest id: of two transactions the one that began later may end earlier.
                counts=_one(counts, Count("pk")),
                sum_of_counts=_one(counts, Sum("pk")),
                **{kind.value: Exists(SystemPart.alive().filter(kind=kind)) for kind in SystemPart.Kind},
            )
            .values("capacity", "running", "counts", "sum_of_counts", *SystemPart.Kind.values)
            .get(pk=1)
        )
        missing = [kind for kind in SystemPart.Kind if not row[kind.value]]
        return cls(row["capacity"], row["running"], missing, f"{row['counts']}.{row['sum_of_counts']}")


def _one(queryset, aggregate):
    """A subquery with one number."""
    single = queryset.order_by().annotate(all=Value(1)).values("all").annotate(number=aggregate).values("number")
    return Coalesce(single, 0)


@dataclass(frozen=True)
class ListVersion:
    """A checksum of what stands around the rows, and of each row its id and version, as they are listed."""

    around: int
    rows: dict[int, int]

    @classmethod
    def of(cls, around: Around, rows: list[Row]) -> ListVersion:
        """The version of a page."""
        return cls(crc32(repr(around).encode()), {row.pk: row.version for row in rows})

    @classmethod
    def parse(cls, text: str) -> ListVersion | None:
        """What `str` made of one; None for anything else."""
        numbers = text.split(".")
        if len(numbers) % 2 == 0 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in numbers):
            return None
        around, *rows = map(int, numbers)
        return cls(around, dict(zip(rows[::2], rows[1::2], strict=True)))

    def __str__(self) -> str:
        rows = [f"{pk}.{version}" for pk, version in self.rows.items()]
        return ".".join([str(self.around), *rows])

    def changed(self, later: ListVersion) -> list[int]:
        """The ids of the rows that have another version later."""
        return [pk for pk, version in later.rows.items() if self.rows.get(pk) != version]

    def moved(self, later: ListVersion) -> int:
        """How many rows enter, leave or stand in another order later."""
        before, after = list(self.rows), list(later.rows)
        if before == after:
            return 0
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        kept = sum(block.size for block in blocks)
        moved = len(self.rows.keys() & later.rows.keys()) - kept
        return len(self.rows.keys() ^ later.rows.keys()) + moved

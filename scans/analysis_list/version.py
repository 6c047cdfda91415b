"""What an open list shows, as a short text: what polls compare, to answer with what changed and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import cache
from zlib import crc32

from django.db import connection
from django.db.models import CharField, Count, Exists, Sum, Value
from django.db.models.functions import Coalesce, Concat
from django.utils import timezone

from scans.analysis_list.ordering import Row
from scans.models import ScanSettings, StatusCount, SystemPart, UrlScan
from scans.models.system_part import ALIVE_FOR


@dataclass(frozen=True)
class ListHeader:
    """What stands around the rows of every list: capacity, what runs, what is missing, and how often counts changed."""

    capacity: int
    running: int
    missing: list[SystemPart.Kind]
    counted: str

    @classmethod
    def now(cls) -> ListHeader:
        """As it is now; one query."""
        return cls.with_answer("SELECT NULL", ())[0]

    @classmethod
    def with_answer(cls, sql: str, parameters: Iterable) -> tuple[ListHeader, object]:
        """As it is now, and in the same query what another one answers, which is one value."""
        around, values = _written(connection.vendor)
        alive_since = _prepared(timezone.now() - ALIVE_FOR)
        values = [alive_since if value == _prepared(_A_MOMENT) else value for value in values]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT around.*, ({sql}) FROM ({around}) around", [*parameters, *values])  # noqa: S608
            capacity, running, counted, *seen, answer = cursor.fetchone()
        missing = [kind for kind, is_alive in zip(SystemPart.Kind, seen, strict=True) if not is_alive]
        return cls(capacity, running, missing, counted), answer

    @property
    def checksum(self) -> int:
        """Differs wherever anything of it differs."""
        return crc32(repr(self).encode())


_A_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@cache
def _written(vendor: str) -> tuple[str, tuple]:
    """The query as SQL, whose writing would take longer than its answer; _A_MOMENT stands for when parts were alive."""
    running, counts = UrlScan.objects.running(), StatusCount.objects.all()
    alive = SystemPart.objects.filter(seen_at__gt=_A_MOMENT)
    seen = {kind.value: Exists(alive.filter(kind=kind)) for kind in SystemPart.Kind}
    everything = ScanSettings.objects.filter(pk=1).annotate(
        running=Coalesce(_one(running, Count("pk")), 0),
        # Not the newest id: of two transactions the one that began later may end earlier.
        counted=_one(counts, Concat(Count("pk"), Value("."), Sum("pk"), output_field=CharField())),
        **seen,
    )
    return everything.values_list("capacity", "running", "counted", *seen).query.sql_with_params()


def _prepared(moment: datetime):
    return SystemPart._meta.get_field("seen_at").get_db_prep_value(moment, connection)


def _one(queryset, aggregate):
    """A subquery with one value."""
    return queryset.order_by().annotate(all=Value(1)).values("all").annotate(one=aggregate).values("one")


@dataclass(frozen=True)
class ListVersion:
    """A checksum of what stands around the rows, and of each row its id and version, as they are listed."""

    around: int
    rows: dict[int, int]

    @classmethod
    def of(cls, around: ListHeader, rows: list[Row]) -> ListVersion:
        """The version of a page."""
        return cls(around.checksum, {row.pk: row.version for row in rows})

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

"""Find: which analyses contain some words, by the search index or by looking along the list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

from django.db import connection, models
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import StrIndex

from scans.analysis_list.keyset import Walk
from scans.database import search_index
from scans.database.search_text import BETWEEN, fold
from scans.models import AnalysisSearch
from scans.models.querysets import AnalysisQuerySet

# Beyond so many, what is found is not counted, and its pages are found by looking along the list.
COUNTED_AT_MOST = 2000

# Words that so many of a sample contain are frequent: they are found by looking along the list, not by the index.
SAMPLE, FREQUENT = 2000, 40

RUNS = 40


@dataclass(frozen=True)
class Hits:
    """Analyses that contain some words: all of them, or, of frequent words, some."""

    ids: list[int]
    are_all: bool


@dataclass
class Found:
    """What a list is narrowed down to before it is filtered by status, and how many of it there are of each status.

    Where it is few, `ids` has them all by status. Where it is many, counting would cost ever more: `exact` is False
    then, and the counts are those of the first ones found.
    """

    analyses: AnalysisQuerySet
    count: Callable[[], Mapping[str, int]]
    exact: bool = True
    ids: Mapping[str, list[int]] | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many there are of each status; statuses that nobody has are left out."""
        return self.count()

    @property
    def everything(self) -> bool:
        """Whether nothing was narrowed down at all: these are all present analyses."""
        return self.exact and self.ids is None

    def walk(self, column: str, *, descending: bool, statuses: list[str]) -> Walk:
        """These, or those of them in some statuses, in the order of a column."""
        chosen = statuses or None
        if self.ids is not None:
            chosen = [code for code in chosen or self.ids if code in self.ids]
        analyses = None if self.everything else self.analyses
        return Walk(analyses, column, descending=descending, statuses=chosen, ids=self.ids)


def found(queryset: AnalysisQuerySet, words: str) -> Found:
    """These, narrowed down to those whose name or one of whose target URLs contains `words`."""
    matches = hits(words, COUNTED_AT_MOST) if words else None
    narrowed = queryset.filter(pk__in=matches.ids) if matches else queryset
    rows = list(narrowed.order_by().values_list("status", "pk")[: COUNTED_AT_MOST + 1])
    ids = defaultdict(list)
    for status, pk in rows[:COUNTED_AT_MOST]:
        ids[status].append(pk)
    counts = {status: len(those) for status, those in ids.items()}
    if len(rows) <= COUNTED_AT_MOST and (matches is None or matches.are_all):
        return Found(queryset, lambda: counts, ids=ids)
    return Found(containing(queryset, words) if words else queryset, lambda: counts, exact=False)


def containing(queryset: AnalysisQuerySet, words: str) -> AnalysisQuerySet:
    """Those whose name or one of whose target URLs contains `words`, in any case; looks at one after the other."""
    text = AnalysisSearch.objects.filter(analysis=OuterRef("pk")).values("text")
    folded = models.Value("" if BETWEEN in words else fold(words))
    place = StrIndex(Subquery(text), folded)
    return queryset.alias(place=place).filter(place__gt=0)


def hits(words: str, at_most: int) -> Hits:
    """Which analyses contain these words; some of them where the words are frequent or more than `at_most` do."""
    words = fold(words)
    last = AnalysisSearch.objects.aggregate(last=Max("pk"))["last"]
    if last is None or BETWEEN in words:
        return Hits([], are_all=True)
    if last <= SAMPLE or not search_index.are_rare(connection, words):
        ids = search_index.sample(connection, words, _spread(last))
        if last <= SAMPLE or len(ids) >= FREQUENT:
            return Hits(ids, are_all=last <= SAMPLE)
    ids = search_index.find(connection, words, at_most + 1)
    return Hits(ids[:at_most], are_all=len(ids) <= at_most)


def _spread(last: int) -> list[range]:
    """SAMPLE ids up to this one, in runs from all over: what is new is not like what is old.

    The same for the same last id, and at no round numbers, which names may hold.
    """
    if last <= SAMPLE:
        return [range(1, last + 1)]
    length, share = SAMPLE // RUNS, last // RUNS
    random = Random(last // share)  # noqa: S311 - no secret
    begins = (run * share + random.randint(1, max(1, share - length)) for run in range(RUNS))
    return [range(begin, begin + length) for begin in begins]

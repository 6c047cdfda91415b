"""Find: which analyses contain some words, answered by the search index, or by reading along the list."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

from django.db import connection, models
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import StrIndex

from scans.analysis_list.keyset import Keyset
from scans.database import search_index
from scans.database.search_text import BETWEEN, fold
from scans.models import AnalysisSearch
from scans.models.querysets import AnalysisQuerySet

# Up to so many matches are counted and sorted. More are read along the list, and counted only in part.
COUNT_LIMIT = 2000

# Words in at least FREQUENT texts of a sample of SAMPLE, taken in RUNS runs, are read along the list, not looked up.
SAMPLE, FREQUENT, RUNS = 2000, 40, 40


@dataclass(frozen=True)
class Hits:
    """The ids of analyses that contain some words: of all of them, or, for frequent words, of some."""

    ids: list[int]
    are_all: bool


@dataclass
class Matches:
    """The analyses that a list is narrowed down to before it is filtered by status, and their count per status.

    Few matches: `ids` holds all of them by status. Many: `exact` is False, and only the first ones are counted.
    """

    analyses: AnalysisQuerySet
    count: Callable[[], Mapping[str, int]]
    exact: bool = True
    ids: Mapping[str, list[int]] | None = None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many have each status; statuses without any are left out."""
        return self.count()

    @property
    def are_everything(self) -> bool:
        """Whether these are all present analyses."""
        return self.exact and self.ids is None

    def keyset(self, order: str, *, descending: bool, statuses: list[str]) -> Keyset:
        """These, or those in some statuses, in an order."""
        chosen = statuses or None
        if self.ids is not None:
            chosen = [code for code in chosen or self.ids if code in self.ids]
        analyses = None if self.are_everything else self.analyses
        return Keyset(analyses, order, descending=descending, statuses=chosen, ids=self.ids)


def find(queryset: AnalysisQuerySet, words: str) -> Matches:
    """The analyses of a queryset whose name or target URLs contain `words`; every one where `words` is empty."""
    if queryset.query.is_empty():  # Django compiles no SQL for it
        return Matches(queryset, dict, ids={})
    found = hits(words, COUNT_LIMIT) if words else None
    countable = queryset.filter(pk__in=found.ids) if found else queryset
    rows = list(countable.order_by().values_list("status", "pk")[: COUNT_LIMIT + 1])
    ids = defaultdict(list)
    for status, pk in rows[:COUNT_LIMIT]:
        ids[status].append(pk)
    counts = {status: len(pks) for status, pks in ids.items()}
    if len(rows) <= COUNT_LIMIT and (found is None or found.are_all):
        return Matches(queryset, lambda: counts, ids=ids)
    return Matches(containing(queryset, words) if words else queryset, lambda: counts, exact=False)


def containing(queryset: AnalysisQuerySet, words: str) -> AnalysisQuerySet:
    """Return the analyses whose name or target URLs contain `words`, in any case; reads one text after the other."""
    text = AnalysisSearch.objects.filter(analysis=OuterRef("pk")).values("text")
    folded = models.Value("" if BETWEEN in words else fold(words))
    place = StrIndex(Subquery(text), folded)
    return queryset.alias(place=place).filter(place__gt=0)


def hits(words: str, at_most: int) -> Hits:
    """The analyses that contain these words; only some where the words are frequent, or more than `at_most` match."""
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
    """SAMPLE ids up to this one, in runs from all over the table: new analyses differ from old ones.

    The same for the same last id; not at round numbers, which names may follow.
    """
    if last <= SAMPLE:
        return [range(1, last + 1)]
    length, share = SAMPLE // RUNS, last // RUNS
    random = Random(last // share)  # noqa: S311 - no secret
    begins = (run * share + random.randint(1, max(1, share - length)) for run in range(RUNS))
    return [range(begin, begin + length) for begin in begins]

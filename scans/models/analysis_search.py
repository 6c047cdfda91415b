"""What an analysis is found by: its text, kept for Find."""

from dataclasses import dataclass
from random import Random

from django.db import connection, models
from django.db.models import Max

from scans.database import search_index
from scans.database.search_text import BETWEEN, fold, search_text
from scans.models.analysis import Analysis

# Words that so many of a sample contain are frequent: they are found by looking along the list, not by the index.
SAMPLE, FREQUENT = 2000, 40
RUNS = 40


@dataclass(frozen=True)
class Hits:
    """Analyses that contain some words: all of them, or, of frequent words, some."""

    ids: list[int]
    are_all: bool


class AnalysisSearch(models.Model):
    """The folded text of one present analysis; `transitions` writes it with what it follows from."""

    analysis = models.OneToOneField(Analysis, on_delete=models.CASCADE, primary_key=True, related_name="search")
    text = models.TextField(help_text="see search_text")

    class Meta:
        verbose_name_plural = "analysis searches"

    def __str__(self) -> str:
        return self.text.partition(BETWEEN)[0]

    @classmethod
    def keep(cls, analysis: Analysis, urls: list[str]) -> None:
        """Store what an analysis with these URLs is found by."""
        row = cls(analysis=analysis, text=search_text(analysis.name, urls))
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["analysis"], update_fields=["text"])

    @classmethod
    def find(cls, words: str, at_most: int) -> Hits:
        """Which analyses contain these words; some of them where the words are frequent or more than `at_most` do."""
        words = fold(words)
        last = cls.objects.aggregate(last=Max("pk"))["last"]
        if last is None or BETWEEN in words:
            return Hits([], are_all=True)
        if last <= SAMPLE or not search_index.are_rare(connection, words):
            found = search_index.sample(connection, words, _spread(last))
            if last <= SAMPLE or len(found) >= FREQUENT:
                return Hits(found, are_all=last <= SAMPLE)
        hits = search_index.find(connection, words, at_most + 1)
        return Hits(hits[:at_most], are_all=len(hits) <= at_most)


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

"""What an analysis is found by: its text, kept for Find."""

from dataclasses import dataclass

from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import StrIndex

from scans import search_index
from scans.models.analysis import Analysis
from scans.search_text import BETWEEN, fold, search_text

# Words that so many of the newest contain are frequent: they are found by looking along the list, not by the index.
SAMPLE, FREQUENT = 2000, 40


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
        if BETWEEN in words:
            return Hits([], are_all=True)
        newest = cls.objects.order_by("-analysis_id").values_list("analysis_id", StrIndex("text", Value(words)))
        sample = list(newest[:SAMPLE])
        found = [pk for pk, place in sample if place]
        if len(sample) < SAMPLE or len(found) >= FREQUENT:
            return Hits(found, are_all=len(sample) < SAMPLE)
        hits = search_index.find(connection, words, at_most + 1)
        return Hits(hits[:at_most], are_all=len(hits) <= at_most)

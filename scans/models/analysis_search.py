"""What an analysis is found by: its text, kept for Find."""

from django.db import models

from scans.database.search_text import BETWEEN, search_text
from scans.models.analysis import Analysis


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

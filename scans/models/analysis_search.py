"""The text of each analysis that Find searches."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.database.search_text import BETWEEN, search_text
from scans.models.analysis import Analysis


class AnalysisSearch(models.Model):
    """The folded text of one present analysis, made of its name and URLs. `transitions` writes it with them."""

    analysis = models.OneToOneField(
        Analysis, verbose_name=_("analysis"), on_delete=models.CASCADE, primary_key=True, related_name="search"
    )
    # As database/search_text makes it
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("search text")
        verbose_name_plural = _("search texts")

    def __str__(self) -> str:
        return self.text.partition(BETWEEN)[0]

    @classmethod
    def keep(cls, analysis: Analysis, urls: list[str]) -> None:
        """Store the text of an analysis with these URLs."""
        row = cls(analysis=analysis, text=search_text(analysis.name, urls))
        cls.objects.bulk_create([row], update_conflicts=True, unique_fields=["analysis"], update_fields=["text"])

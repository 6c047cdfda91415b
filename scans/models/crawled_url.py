"""An address that a scan came across, and how far the engine got with it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.querysets import CrawledUrlQuerySet
from scans.models.url_scan import UrlScan
from scans.reasons import ReasonField

_REACHES = ["found", "attacked", "skipped", "blocked"]


class CrawledUrl(models.Model):
    """A method and a URL without its query, once per URL scan; deleted with its results."""

    class Reach(models.TextChoices):
        """How far the engine got; the codes are those of engines.events.Reach."""

        FOUND = "found", _("Found")
        ATTACKED = "attacked", _("Attacked")
        SKIPPED = "skipped", _("Skipped")
        BLOCKED = "blocked", _("Blocked")

    url_scan = models.ForeignKey(
        UrlScan, verbose_name=_("URL scan"), on_delete=models.CASCADE, related_name="crawled_urls", db_index=False
    )
    identity = models.CharField(
        _("identity"), max_length=64, help_text=_("A hash of method and URL: a URL is too long for an index.")
    )
    method = models.CharField(_("method"), max_length=16)
    url = models.TextField(_("URL"))
    reach = models.CharField(_("reach"), max_length=8, choices=Reach.choices, default=Reach.FOUND)
    answer = models.PositiveSmallIntegerField(
        _("answer"), default=0, help_text=_("Status code of the answer; 0: none, or never requested.")
    )
    reason = ReasonField(_("reason"), blank=True, help_text=_("Why it was skipped or blocked."))

    objects = CrawledUrlQuerySet.as_manager()

    class Meta:
        verbose_name = _("crawled URL")
        verbose_name_plural = _("crawled URLs")
        ordering = ["url", "method"]
        constraints = [
            models.UniqueConstraint(fields=["url_scan", "identity"], name="crawled_url_once_per_url_scan"),
            models.CheckConstraint(
                condition=models.Q(reach__in=_REACHES),
                name="crawled_url_reach_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"

"""A recorded script that a crawl begins with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.sealed_content import SealedContent


class CrawlScript(SealedContent):
    """A crawl script. Its text may hold a password, so it is sealed and never shown again."""

    name = models.CharField(_("file"), max_length=255)

    class Meta:
        verbose_name = _("crawl script")
        verbose_name_plural = _("crawl scripts")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def of(cls, name: str, text: str) -> "CrawlScript":
        """An unsaved row for this script, from the file `name`."""
        script = cls(name=name[:255])
        script.put(text)
        return script

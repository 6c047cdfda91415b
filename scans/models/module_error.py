"""An error inside the engine: an address that it dropped, or a module that broke."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.url_scan import UrlScan
from scans.reasons import ReasonField


class ModuleError(models.Model):
    """A module, or the crawl, and the address that it dropped; without an address, the module broke as a whole."""

    url_scan = models.ForeignKey(
        UrlScan, verbose_name=_("URL scan"), on_delete=models.CASCADE, related_name="module_errors"
    )
    module = models.CharField(_("module"), max_length=100)
    method = models.CharField(_("method"), max_length=16, blank=True)
    url = models.TextField(_("URL"), blank=True)
    error = ReasonField(_("error"))

    class Meta:
        verbose_name = _("module error")
        verbose_name_plural = _("module errors")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.module}: {self.method} {self.url} {self.error}"

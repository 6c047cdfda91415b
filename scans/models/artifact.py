"""A file that a scan left, and where it is: in Django's storage, or still with the host that made it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.database import clock
from scans.models.url_scan import UrlScan


class ArtifactQuerySet(models.QuerySet):
    """Questions about files of scans."""

    def wanted(self) -> "ArtifactQuerySet":
        """Files that are to be kept."""
        return self.filter(unwanted_at=None)

    def unwanted(self) -> "ArtifactQuerySet":
        """Files to be deleted from the storage: replaced, deleted with the results, or never confirmed."""
        return self.filter(unwanted_at__isnull=False)

    def discard(self) -> int:
        """Mark them as to be deleted; returns how many."""
        return self.wanted().update(unwanted_at=clock.now())


class Artifact(models.Model):
    """One file of a scan. `scans.artifacts` writes these rows: first unwanted, wanted once the file is stored.

    So whatever is in the storage has a row that names it, and what nobody wants is deleted, again if that failed.
    """

    class Kind(models.TextChoices):
        """The kinds of files."""

        SESSION = "session", _("Session")
        LOG = "log", _("Engine log")
        REPORT = "report", _("Report of the engine")
        PICTURE = "picture", _("Picture")  # only to be deleted: until then, Screenshot has it

    # Kept without its URL scan until the file is deleted from the storage, too.
    url_scan = models.ForeignKey(
        UrlScan, verbose_name=_("URL scan"), null=True, on_delete=models.SET_NULL, related_name="artifacts"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(
        _("name"), max_length=200, blank=True, help_text=_("In the storage; empty: in the folder of the host.")
    )
    digest = models.CharField(_("digest"), max_length=64, blank=True, help_text=_("SHA-256 of the content."))
    host = models.CharField(_("host"), max_length=64, help_text=_("The host that made it."))
    at = models.DateTimeField(_("time"))
    unwanted_at = models.DateTimeField(_("to be deleted since"), null=True)

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a scan")
        verbose_name_plural = _("files of scans")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["unwanted_at"], name="artifact_unwanted", condition=models.Q(unwanted_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.url_scan}"

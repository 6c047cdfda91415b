"""A picture that a browser took of the target, kept with its URL scan and deleted with it."""

from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.models.target_check import TargetCheck
from scans.models.url_scan import UrlScan


class Screenshot(models.Model):
    """One picture, as PNG in Django's storage."""

    class Shows(models.TextChoices):
        """The subject of the picture."""

        TARGET = "target", _("The target page")
        LOGGED_IN = "logged_in", _("Logged in")
        LOGGED_OUT = "logged_out", _("Logged out")
        CRAWLED = "crawled", _("End of the crawl script")
        FAILURE = "failure", _("The failure")

    FOLDER = "screenshots"  # in the storage

    url_scan = models.ForeignKey(
        UrlScan, verbose_name=_("URL scan"), on_delete=models.CASCADE, related_name="screenshots"
    )
    check_step = models.ForeignKey(
        TargetCheck, verbose_name=_("check"), null=True, on_delete=models.SET_NULL, related_name="screenshots"
    )
    shows = models.CharField(_("shows"), max_length=10, choices=Shows.choices)
    at = models.DateTimeField(_("time"))
    image = models.FileField(_("image"), upload_to=FOLDER)

    class Meta:
        verbose_name = _("screenshot")
        verbose_name_plural = _("screenshots")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_shows_display()}: {self.url_scan}"

    @property
    def is_missing(self) -> bool:
        """Whether its file is known to be missing, as after a restore. Only looks where that costs nothing."""
        storage = self.image.storage
        return isinstance(storage, FileSystemStorage) and not storage.exists(self.image.name)

    def remove(self) -> None:
        """Delete the picture, its file first, so that a failure can be tried again. Raises OSError."""
        self.image.delete(save=False)
        self.delete()

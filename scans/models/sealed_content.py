"""Secret and perhaps large contents that a person gave: stored once, and URL scans refer to them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.encryption import seal, unseal
from scans.models.lean import LeanManager


class SealedContentQuerySet(models.QuerySet):
    """Questions about sealed contents."""

    def unreferred(self):
        """Contents that no URL scan refers to."""
        return self.filter(url_scans=None)


class SealedContent(models.Model):
    """A sealed text that never changes once a URL scan refers to it, except when it is sealed with another key.

    All URL scans of a submission refer to the same row, and so do the URL scans of its next runs. A row that no URL
    scan refers to any more is removed: see maintenance/removal.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("given by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    sealed = models.TextField(_("sealed content"), editable=False)
    size = models.PositiveIntegerField(_("size"), editable=False, help_text=_("In bytes, before the encryption."))

    LARGE = ("sealed",)

    objects = LeanManager.from_queryset(SealedContentQuerySet)()

    class Meta:
        abstract = True

    def put(self, text: str) -> None:
        """Seal this text. The row is not saved."""
        self.sealed, self.size = seal(text), len(text.encode())

    def text(self) -> str:
        """Return the text. Raises encryption.KeyLost."""
        return unseal(self.sealed)

"""The installation: keys and files that belong to this database, and whether the storage of files works."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.database import clock
from scans.reasons import NO_REASON, Reason, ReasonField


class Installation(models.Model):
    """One row, made at the first start. `scans.installation` compares keys and files with it."""

    identity = models.CharField(_("identity"), max_length=32)
    key_mark = models.TextField(_("mark of the keys"))
    storage_problem = ReasonField(_("problem of the storage"), null=True)
    storage_failed_at = models.DateTimeField(_("storage fails since"), null=True)

    class Meta:
        verbose_name = _("installation")
        verbose_name_plural = _("installation")

    def __str__(self) -> str:
        return self.identity

    @classmethod
    def current(cls) -> "Installation | None":
        """The row; None before the first start."""
        return cls.objects.filter(pk=1).first()

    @classmethod
    def note_storage(cls, problem: Reason = NO_REASON) -> None:
        """Note that the storage fails, or that it works. Writes only what changed."""
        rows = cls.objects.filter(pk=1)
        if problem:
            rows.filter(storage_failed_at=None).update(storage_failed_at=clock.now())
            rows.exclude(storage_problem=problem).update(storage_problem=problem)
        else:
            rows.filter(storage_failed_at__isnull=False).update(storage_failed_at=None, storage_problem=NO_REASON)

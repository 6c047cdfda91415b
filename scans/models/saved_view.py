"""A saved view of the list of analyses: a name for a query string."""

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedViewQuerySet(models.QuerySet):
    """Questions about saved views."""

    def seen_by(self, user):
        """The person's own views and all shared ones, by name. One query."""
        mine_or_shared = models.Q(owner=user.pk) | models.Q(shared=True)
        return self.filter(mine_or_shared).order_by("name", "pk")


class SavedView(models.Model):
    """A saved view. `query` is the query string that AnalysisFilterSet.address returns."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(_("Name"), max_length=40, validators=[MinLengthValidator(2)])
    query = models.TextField(_("query of the list"))
    shared = models.BooleanField(
        _("Show it to everybody"), default=False, help_text=_("Only you, or an administrator, can change it.")
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_changed_by(self, user) -> bool:
        """Whether this user may change it: its owner, or an administrator if it is shared."""
        return self.owner_id == user.pk or (self.shared and user.has_perm("scans.change_scansettings"))

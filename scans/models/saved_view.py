"""A view of the list of analyses that a person saved: a name for a query string."""

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedViewQuerySet(models.QuerySet):
    """Questions about saved views."""

    def seen_by(self, user):
        """The person's own and those that others share, by name; one query."""
        mine_or_shared = models.Q(owner=user.pk) | models.Q(shared=True)
        return self.filter(mine_or_shared).order_by("name", "pk")


class SavedView(models.Model):
    """What a person looks for again and again. `query` is as AnalysisFilterSet.address writes it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("Name"), max_length=40, validators=[MinLengthValidator(2)])
    query = models.TextField()
    shared = models.BooleanField(
        _("Show it to everybody"), default=False, help_text=_("Only you, or an administrator, can change it.")
    )

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_changed_by(self, user) -> bool:
        """Whose it is; an administrator too, where everybody sees it."""
        return self.owner_id == user.pk or (self.shared and user.has_perm("scans.change_scansettings"))

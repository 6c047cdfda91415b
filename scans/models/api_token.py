"""A token with which a program acts for a person. Only a hash of it is stored."""

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.database import clock


class Scope(models.TextChoices):
    """A group of things that a token may do, as far as its person may."""

    READ = "read", _("Read: analyses, findings, logs")
    SUBMIT = "submit", _("Submit: create, change, submit and run again")
    CONTROL = "control", _("Control: pause, resume, stop, extend, delete")
    REVIEW = "review", _("Review: see results under verification, mark, publish")
    ADMINISTER = "administer", _("Administer: allowed targets and blackout windows")


class ApiTokenQuerySet(models.QuerySet):
    """Questions about tokens."""

    def not_revoked(self):
        """Tokens that nobody revoked, the newest first; those that have expired too."""
        return self.filter(revoked_at=None).order_by("-pk")


class ApiToken(models.Model):
    """One token: whose it is, what it may do, and until when.

    A revoked one stays, so that whoever still sends it reads that it was revoked, and no guess is counted.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(_("Name"), max_length=40, validators=[MinLengthValidator(2)])
    shown = models.CharField(_("begins with"), max_length=16)
    digest = models.CharField(_("hash"), max_length=64, unique=True)
    scopes = models.JSONField(_("Scopes"), default=list)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], name="api_token_name_once", condition=models.Q(revoked_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= clock.now()

    @property
    def scope_labels(self) -> list[str]:
        """The names of its scopes, without what they stand for."""
        return [str(scope.label).partition(":")[0] for scope in Scope if scope in self.scopes]

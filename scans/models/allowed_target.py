"""The hosts that an administrator allows to be scanned."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.targets.policy import TargetPolicy, parse_pattern


def validate_pattern(value: str) -> None:
    """Refuse what is neither a host name, a wildcard such as *.example.com, an address nor a network."""
    try:
        parse_pattern(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class AllowedTarget(models.Model):
    """A host, wildcard, address or network that may be scanned."""

    pattern = models.CharField(
        _("pattern"),
        max_length=255,
        unique=True,
        validators=[validate_pattern],
        help_text=_("A host name, a wildcard such as *.example.com, an address, or a network such as 10.1.0.0/16."),
    )
    note = models.CharField(_("note"), max_length=255, blank=True, help_text=_("Who allowed it, and why."))

    class Meta:
        verbose_name = _("allowed target")
        verbose_name_plural = _("allowed targets")
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern

    @classmethod
    def policy(cls) -> TargetPolicy:
        """The target policy as it stands now: the settings' list and the administrator's."""
        return TargetPolicy(
            allowed=[*settings.SCANS_ALLOWED_TARGETS, *cls.objects.values_list("pattern", flat=True)],
            own_hosts=settings.ALLOWED_HOSTS,
            own_port=settings.PORT,
            own_origins=settings.CSRF_TRUSTED_ORIGINS,
        )

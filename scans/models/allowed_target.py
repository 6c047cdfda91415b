"""The hosts that an administrator allows to be scanned."""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.targets.policy import TargetPolicy, parse_pattern
from scans.targets.zones import DEFAULT_ZONE, MAX_ZONE_CHARACTERS, ZoneRules, parse_zone


def validate_pattern(value: str) -> None:
    """Refuse what is neither a host name, a wildcard such as *.example.com, an address nor a network."""
    try:
        parse_pattern(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def validate_zone(value: str) -> None:
    """Refuse what is no name of a zone."""
    try:
        parse_zone(value)
    except ValueError as error:
        raise ValidationError(
            _("A zone has up to %(count)d lower-case letters, digits and hyphens, such as office or eu-west-1."),
            params={"count": MAX_ZONE_CHARACTERS},
        ) from error


class AllowedTarget(models.Model):
    """A host, wildcard, address or network that may be scanned."""

    pattern = models.CharField(
        _("pattern"),
        max_length=255,
        unique=True,
        validators=[validate_pattern],
        help_text=_("A host name, a wildcard such as *.example.com, an address, or a network such as 10.1.0.0/16."),
    )
    zone = models.CharField(
        _("zone"),
        max_length=MAX_ZONE_CHARACTERS,
        blank=True,
        db_default=DEFAULT_ZONE,
        validators=[validate_zone],
        help_text=_(
            "The zone whose workers scan it, such as office; empty: the default zone. "
            "Of several matching patterns, the most specific one decides."
        ),
    )
    note = models.CharField(_("note"), max_length=255, blank=True, help_text=_("Who allowed it, and why."))

    class Meta:
        verbose_name = _("allowed target")
        verbose_name_plural = _("allowed targets")
        ordering = ["pattern"]

    def __str__(self) -> str:
        return self.pattern

    def clean(self) -> None:
        """Store the name of a zone in its one spelling. The field's validator refuses what is none."""
        with suppress(ValueError):
            self.zone = parse_zone(self.zone)

    @classmethod
    def zones(cls) -> ZoneRules:
        """The zones of targets as they stand now. Patterns of the settings have none."""
        return ZoneRules(cls.objects.values_list("pattern", "zone"))

    @classmethod
    def policy(cls, *, of_any_worker: bool = False) -> TargetPolicy:
        """The target policy as it stands now: the settings' list and the administrator's.

        The list of this host's workers has the last word, unless a worker of another host may scan the target.
        """
        return TargetPolicy(
            last_word=[] if of_any_worker else settings.SCANS_WORKER_TARGETS,
            allowed=[*settings.SCANS_ALLOWED_TARGETS, *cls.objects.values_list("pattern", flat=True)],
            own_hosts=settings.ALLOWED_HOSTS,
            own_port=settings.PORT,
            own_origins=settings.CSRF_TRUSTED_ORIGINS,
        )


def zones_in_use() -> set[str]:
    """Return the zones that targets have; the default zone is one of them."""
    return {DEFAULT_ZONE, *AllowedTarget.objects.exclude(zone=DEFAULT_ZONE).values_list("zone", flat=True)}

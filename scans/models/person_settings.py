"""One person's settings: how the pages look and behave for them."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scans.models.blackout_window import validate_time_zone

PAGE_SIZES = (25, 50, 100)


class Theme(models.TextChoices):
    """Light or dark; the code is the value of `data-theme`."""

    AUTO = "auto", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class PersonSettings(models.Model):
    """The settings of one user. A user who never changed any has no row; the defaults below apply."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="person_settings",
    )
    time_zone = models.CharField(
        _("Time zone"),
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text=_("Every time on the pages is shown in it, such as Europe/Berlin."),
    )
    theme = models.CharField(_("Theme"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    language = models.CharField(_("Language"), max_length=10, blank=True)
    default_view = models.CharField(
        _("First view"),
        max_length=20,
        blank=True,
        help_text=_("What the list of analyses shows when it is opened. “All” stays one click away."),
    )
    live = models.BooleanField(
        _("Live updates"), default=True, help_text=_("Pages follow what happens, without a reload.")
    )
    shortcuts = models.BooleanField(
        _("Keyboard shortcuts"), default=True, help_text=_("Single keys, such as / for Find and ? for all of them.")
    )
    page_size = models.PositiveSmallIntegerField(
        _("Rows per page"), choices=[(size, str(size)) for size in PAGE_SIZES], default=50
    )
    # These two are the dashboard's own notes about the account; no form of the settings shows them.
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    sessions_ended = models.PositiveIntegerField(_("how often all other sessions were ended"), default=0)

    class Meta:
        verbose_name = _("settings of a person")
        verbose_name_plural = _("settings of people")
        constraints = [
            models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="person_settings_theme_known"),
            models.CheckConstraint(condition=models.Q(page_size__in=PAGE_SIZES), name="person_settings_page_size"),
        ]

    def __str__(self) -> str:
        return gettext("Settings of {user}").format(user=self.user)

    @classmethod
    def of(cls, user) -> "PersonSettings":
        """This user's settings, or unsaved defaults for a user without any or an anonymous one."""
        if not user.is_authenticated:
            return cls()
        return getattr(user, "person_settings", None) or cls(user=user)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that times are shown in."""
        return ZoneInfo(self.time_zone)

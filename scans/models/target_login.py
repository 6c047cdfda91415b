"""How a URL scan logs in to its target: fields that may be shown, and sealed secrets."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.login.base import Login, Method
from scans.models.sealed_content import SealedContent


class TargetLogin(SealedContent):
    """A login. Password, cookies, headers and scripts are sealed and never shown again."""

    method = models.CharField(_("login method"), max_length=8, choices=Method.choices)
    username = models.CharField(_("user name"), max_length=200, blank=True)
    login_url = models.CharField(_("login page"), max_length=2000, blank=True)
    username_field = models.CharField(_("name of the user name field"), max_length=200, blank=True)
    password_field = models.CharField(_("name of the password field"), max_length=200, blank=True)
    logged_in = models.CharField(
        _("proof of being logged in"),
        max_length=500,
        blank=True,
        help_text=_("A text that only a logged-in page shows, or the address of such a page."),
    )
    logged_out = models.CharField(
        _("pattern of logged-out pages"), max_length=500, blank=True, help_text=_("A regular expression.")
    )

    OPEN_FIELDS = ("method", "username", "login_url", "username_field", "password_field", "logged_in", "logged_out")

    class Meta:
        verbose_name = _("target login")
        verbose_name_plural = _("target logins")

    def __str__(self) -> str:
        return self.get_method_display()

    @classmethod
    def of(cls, login: Login) -> "TargetLogin":
        """An unsaved row for this login."""
        row = cls(**{name: getattr(login, name) for name in cls.OPEN_FIELDS})
        row.put(login.secrets_as_json())
        return row

    def opened(self) -> Login:
        """The login with its secrets. Raises encryption.KeyLost."""
        return Login.with_secrets(self.text(), **{name: getattr(self, name) for name in self.OPEN_FIELDS})

"""How a URL scan logs in to its target: fields that may be shown, and sealed secrets."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scans.encryption import seal, unseal
from scans.login.base import Login, Method
from scans.models.url_scan import UrlScan


class TargetLogin(models.Model):
    """The login of one URL scan. Password, cookies, headers and scripts are sealed and never shown again."""

    url_scan = models.OneToOneField(UrlScan, verbose_name=_("URL scan"), on_delete=models.CASCADE, related_name="login")
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
    sealed = models.TextField(
        _("secrets"), editable=False, help_text=_("Password, headers, cookies and scripts, encrypted.")
    )

    OPEN_FIELDS = ("method", "username", "login_url", "username_field", "password_field", "logged_in", "logged_out")

    class Meta:
        verbose_name = _("target login")
        verbose_name_plural = _("target logins")

    def __str__(self) -> str:
        return self.get_method_display()

    @classmethod
    def of(cls, login: Login, url_scan: UrlScan | None = None) -> "TargetLogin":
        """An unsaved row for this login."""
        values = {name: getattr(login, name) for name in cls.OPEN_FIELDS}
        return cls(url_scan=url_scan, sealed=seal(login.secrets_as_json()), **values)

    def copy_for(self, url_scan: UrlScan) -> "TargetLogin":
        """An unsaved copy for another URL scan, with the same sealed secrets."""
        values = {name: getattr(self, name) for name in self.OPEN_FIELDS}
        return TargetLogin(url_scan=url_scan, sealed=self.sealed, **values)

    def opened(self) -> Login:
        """The login with its secrets. Raises encryption.KeyLost."""
        values = {name: getattr(self, name) for name in self.OPEN_FIELDS}
        return Login.with_secrets(unseal(self.sealed), **values)

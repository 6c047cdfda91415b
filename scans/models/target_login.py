"""How a URL scan logs in to its target: fields that may be shown, and sealed secrets."""

from django.db import models

from scans.encryption import seal, unseal
from scans.login.base import Login, Method
from scans.models.url_scan import UrlScan


class TargetLogin(models.Model):
    """The login of one URL scan. Password, cookies, headers and scripts are sealed and never shown again."""

    url_scan = models.OneToOneField(UrlScan, on_delete=models.CASCADE, related_name="login")
    method = models.CharField(max_length=8, choices=Method.choices)
    username = models.CharField(max_length=200, blank=True)
    login_url = models.CharField(max_length=2000, blank=True)
    username_field = models.CharField(max_length=200, blank=True)
    password_field = models.CharField(max_length=200, blank=True)
    logged_in = models.CharField(max_length=500, blank=True, help_text="text or address that proves a logged-in page")
    logged_out = models.CharField(max_length=500, blank=True, help_text="a pattern that only a logged-out page matches")
    sealed = models.TextField(editable=False, help_text="password, headers, cookies and scripts: see encryption")

    OPEN_FIELDS = ("method", "username", "login_url", "username_field", "password_field", "logged_in", "logged_out")

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

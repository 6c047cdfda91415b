"""The rules that django-allauth asks for: who may sign up, and where a login leads."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from an administrator alone. A login leads to our own pages alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Whether the address is one of our pages: a path on one printable line."""
        return url.startswith("/") and url.isprintable() and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: every answer is a page."""
        return False

"""Checks the forms of accounts."""

from allauth.account.forms import LoginForm as AllauthLoginForm
from django.contrib.auth.forms import UsernameField


class LoginForm(AllauthLoginForm):
    """The login form. Its fields are called `username` and `password` on the page."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = UsernameField()

    def add_prefix(self, field_name: str) -> str:
        """The name on the page: programs rely on `username`, where allauth has `login`."""
        return super().add_prefix("username" if field_name == "login" else field_name)

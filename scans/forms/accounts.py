"""Checks the forms of accounts."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from django.contrib.auth.forms import UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class LoginForm(AllauthLoginForm):
    """The login form. Its fields are called `username` and `password` on the page."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = UsernameField()

    def add_prefix(self, field_name: str) -> str:
        """The name on the page: programs rely on `username`, where allauth has `login`."""
        return super().add_prefix("username" if field_name == "login" else field_name)


RULE = _("At least 12 characters: not only digits, no common word, no repetition, nothing like your name.")


class PasswordForm(ChangePasswordForm):
    """A new password, with the current one as proof."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        labels = {
            "oldpassword": _("Current password"),
            "password1": _("New password"),
            "password2": _("New password again"),
        }
        for name, label in labels.items():
            field = self.fields[name]
            field.label, field.help_text = label, RULE if name == "password1" else ""
            hints = [f"id_{name}_{part}" for part in ("help", "error") if part == "error" or field.help_text]
            field.widget.attrs = {
                "autocomplete": field.widget.attrs["autocomplete"],
                "aria-describedby": " ".join(hints),
            }

    def clean_oldpassword(self) -> str:
        """The current password. Wrong ones count as failed logins, and too many raise the answer with status 429."""
        password = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise ValidationError(_("This is not your current password."))
        return password

    def clean(self) -> dict:
        """Two different entries or the old password are no new password."""
        cleaned = super().clean()
        if cleaned.get("password1") and cleaned.get("password1") == cleaned.get("oldpassword"):
            self.add_error("password1", _("This is the password that you have. Choose another one."))
        return cleaned

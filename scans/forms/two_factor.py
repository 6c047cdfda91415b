"""Checks the codes of authenticator apps and recovery codes."""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from scans.accounts import guessing
from scans.accounts.adapter import too_many_failures
from scans.accounts.two_factor import LAST_COUNTER, key_is_lost
from scans.encryption import seal, unseal

CODE = forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True})
KEY_LOST = _("This code cannot be checked any more: its key is lost. Ask an administrator to take the factor off.")


class OneTimeCode(forms.Form):
    """Accepts each code once, in whichever process. Django-allauth remembers used codes in each process' own memory."""

    code = forms.CharField(label=_("Code"), max_length=20, widget=CODE)

    def clean_code(self) -> str:
        """The code, if it belongs to the account and was never used. Too many wrong ones raise the answer with 429."""
        try:
            attempt = guessing.begin_second_factor(context.request, self.user.get_username())
        except guessing.TooManyFailures as refusal:
            raise ImmediateHttpResponse(too_many_failures(context.request, refusal)) from None
        try:
            code = super().clean_code()
            if self.authenticator.type == Authenticator.Type.TOTP:
                use_up(self.authenticator, code)
        except forms.ValidationError:
            attempt.failed()
            if key_is_lost(self.user):
                raise forms.ValidationError(KEY_LOST) from None
            raise
        attempt.succeeded()
        return code


class LoginCodeForm(OneTimeCode, AuthenticateForm):
    """The second step of a login."""


class ConfirmCodeForm(OneTimeCode, ReauthenticateForm):
    """Confirms again who is there, before something that matters."""


class NewAppForm(ActivateTOTPForm):
    """Adds an authenticator app. Until it is confirmed, its key is kept sealed in the session."""

    code = forms.CharField(label=_("Code that the app shows"), max_length=20, widget=CODE)

    def __init__(self, *args, **kwargs):
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        session = context.request.session
        if not self.is_bound or totp.SECRET_SESSION_KEY not in session:
            session[totp.SECRET_SESSION_KEY] = seal(totp.generate_totp_secret())
        self.secret = unseal(session[totp.SECRET_SESSION_KEY])


@contextmanager
def malformed_is_refused() -> Iterator[None]:
    """Refuse an answer that no browser gives: the libraries raise errors of any kind for it."""
    try:
        yield
    except forms.ValidationError:
        raise
    except Exception as error:
        raise get_adapter().validation_error("incorrect_code") from error


class PasskeyAnswer(forms.Form):
    """The answer of a passkey to our question."""

    def clean_credential(self) -> Authenticator:
        """The passkey that gave the answer."""
        with malformed_is_refused():
            return super().clean_credential()


class PasskeyLoginForm(PasskeyAnswer, LoginWebAuthnForm):
    """A login with a passkey alone."""


class LoginPasskeyForm(PasskeyAnswer, AuthenticateWebAuthnForm):
    """The second step of a login, with a passkey."""


class ConfirmPasskeyForm(PasskeyAnswer, ReauthenticateWebAuthnForm):
    """Confirms again who is there, with a passkey."""


class NewPasskeyForm(AddWebAuthnForm):
    """Adds a passkey, which may log in without the password."""

    name = forms.CharField(
        label=_("Name"), max_length=60, required=False, help_text=_("Such as the device that the passkey is in.")
    )
    passwordless = forms.BooleanField(
        label=_("Log in with this passkey alone, without a user name and password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for fingerprint, face or PIN each time."),
    )

    def clean(self) -> dict:
        """The new passkey and its name."""
        with malformed_is_refused():
            return super().clean()


def use_up(factor: Authenticator, code: str) -> None:
    """Remember the half minute that this code of an app stands for; refuse it, and any older one, from now on."""
    with transaction.atomic():
        locked = Authenticator.objects.select_for_update().get(pk=factor.pk)
        secret = unseal(locked.data["secret"])
        counters = totp.yield_hotp_counters_from_time()
        matching = [each for each in counters if compare_user_code(actual=code, expected=code_at(secret, each))]
        if not matching or max(matching) <= locked.data.get(LAST_COUNTER, -1):
            raise forms.ValidationError(_("This code was used already. Wait for the next one."))
        locked.data[LAST_COUNTER] = max(matching)
        locked.save(update_fields=["data"])
    factor.data = locked.data


def code_at(secret: str, counter: int) -> str:
    """The code that an app with this key shows in the half minute `counter`."""
    return totp.format_hotp_value(totp.hotp_value(secret, counter))

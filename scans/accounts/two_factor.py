"""The second factor of an account: how its secrets are stored, and for whom one is required."""

from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scans.accounts.backend import FACTORS
from scans.accounts.provider_accounts import ADMINISTRATOR
from scans.activity.security import note
from scans.encryption import KeyLost, reseal, seal, unseal
from scans.models import Actor

LAST_COUNTER = "last_counter"  # in the data of an app: the half minute of the newest code that was used
AT_PROVIDER = "second_factor_at_provider"  # the session's key: the provider asked for two factors
SEALED_KEYS = ("secret", "seed")


class TwoFactorAdapter(DefaultMFAAdapter):
    """The rules that django-allauth asks for about second factors. Secrets are sealed as all others of the product."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "This code or passkey is not accepted. A code is valid for half a minute, and only once. If no code is "
            "accepted, set the clock of the device that shows it."
        ),
    }

    def encrypt(self, text: str) -> str:
        """The secret, sealed."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; in place of one whose key is lost, a random one that no code fits."""
        try:
            return unseal(encrypted_text)
        except KeyLost:
            return generate_totp_secret()

    def get_totp_issuer(self) -> str:
        """The name that the authenticator app shows."""
        return f"Dynamic Analyses ({self._get_site_name()})"

    def get_totp_label(self, user: AbstractUser) -> str:
        """The account's name in the authenticator app."""
        return user.get_username()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that passkeys are bound to: our host name without the port."""
        host = self._get_site_name()
        return {"id": host if host.endswith("]") else host.rpartition(":")[0] or host, "name": "Dynamic Analyses"}

    def generate_authenticator_name(self, user: AbstractUser, type: Authenticator.Type) -> str:
        """A name for a passkey that was given none."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey {number}").format(number=number)


@receiver(pre_save, sender=Authenticator)
def use_up_the_code_that_adds(instance: Authenticator, **kwargs) -> None:
    """Take the code that adds an app, and all older ones, as used: each code is accepted once."""
    if instance._state.adding and instance.type == Authenticator.Type.TOTP:
        instance.data.setdefault(LAST_COUNTER, max(yield_hotp_counters_from_time()))


def factors_of(user: AbstractUser) -> QuerySet[Authenticator]:
    """The second factors of this account, without recovery codes."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS)


def is_missing(request: HttpRequest) -> bool:
    """Whether the person of this request must set up a second factor first.

    SCANS_TWO_FACTOR_ROLES has one of their roles, a superuser counting as Administrator. Asks the database nothing.
    """
    user, needed = request.user, set(settings.SCANS_TWO_FACTOR_ROLES)
    if not needed or not user.is_authenticated or user.has_second_factor or request.session.get(AT_PROVIDER):
        return False
    roles = set((user.role_names or "").split(","))
    return bool(needed & roles) or (user.is_superuser and ADMINISTRATOR in needed)


def key_is_lost(user: AbstractUser) -> bool:
    """Whether a code of this account cannot be checked any more, since its secret cannot be decrypted."""
    try:
        for factor in Authenticator.objects.filter(user=user):
            resealed(factor.data)
    except KeyLost:
        return True
    return False


def remove_factors(user: AbstractUser, *, by: AbstractUser | Actor, request: HttpRequest | None = None) -> int:
    """Take all second factors and recovery codes off an account, and note it. Returns how many factors there were."""
    with transaction.atomic():
        factors = list(factors_of(user))
        Authenticator.objects.filter(user=user).delete()
        for factor in factors:
            note("account.second_factor_removed", request=request, by=by, subject=user, factor=name_of(factor))
    return len(factors)


def name_of(factor: Authenticator) -> str:
    """The factor as the security log names it, in English."""
    if factor.type == Authenticator.Type.WEBAUTHN:
        return f"passkey “{factor.wrap().name[:100]}”"
    return "authenticator app" if factor.type == Authenticator.Type.TOTP else "recovery codes"


def resealed(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a factor with its secrets under the newest key; raises KeyLost."""
    return {name: reseal(value) if name in SEALED_KEYS else value for name, value in data.items()}

"""Notes in the security log what django-allauth does with second factors."""

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.dispatch import receiver

from scans.accounts.two_factor import name_of
from scans.activity.security import note


@receiver(signals.authenticator_added)
def note_added(request, user, authenticator: Authenticator, **kwargs) -> None:
    """A factor was added, or the first recovery codes were made with it."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        note("account.recovery_codes_made", request=request, subject=user)
    else:
        note("account.second_factor_added", request=request, subject=user, factor=name_of(authenticator))


@receiver(signals.authenticator_reset)
def note_reset(request, user, **kwargs) -> None:
    """Recovery codes were replaced."""
    note("account.recovery_codes_made", request=request, subject=user)


@receiver(signals.authenticator_removed)
def note_removed(request, user, authenticator: Authenticator, **kwargs) -> None:
    """A factor, or the recovery codes with the last factor, was removed."""
    note("account.second_factor_removed", request=request, subject=user, factor=name_of(authenticator))


@receiver(signals.authentication_failed)
def note_failed(request, user, **kwargs) -> None:
    """A code was wrong."""
    note("login.second_factor_failed", request=request, subject=user)

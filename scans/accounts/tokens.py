"""Tokens of the API: making, finding and revoking them, and the person that a program acts for.

The person of a token has the permissions of the account, as they are at that moment, without those that the token's
scopes leave out. Everything that asks `has_perm` follows.
"""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from hashlib import sha256

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from scans.accounts.backend import WithSettings
from scans.activity import note
from scans.database import clock
from scans.database.patience import if_possible
from scans.models import ApiToken, Scope

PREFIX = "dast_"  # scanners of leaked secrets know a token by it
SHOWN = len(PREFIX) + 4
LAST_USE_WRITTEN_EVERY = timedelta(minutes=1)
_OF_SCOPE = {
    Scope.SUBMIT: {"scans.submit_analysis"},
    Scope.CONTROL: {"scans.submit_analysis"},
    Scope.REVIEW: {"scans.review_analysis"},
}
_ADMINISTERS = ("scans.add_", "scans.change_", "scans.delete_")
_SECURITY_LOG = "scans.view_securityevent"


def make(user: AbstractBaseUser, name: str, scopes: Iterable[str], days: int, *, request: HttpRequest) -> tuple:
    """Store a new token of this person. Returns the row and the token itself, which nobody can read again."""
    text, now = PREFIX + secrets.token_urlsafe(32), clock.now()
    with transaction.atomic():
        token = ApiToken.objects.create(
            user_id=user.pk,
            name=name,
            shown=text[:SHOWN],
            digest=_digest(text),
            scopes=[scope.value for scope in Scope if scope in scopes],
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        note("account.token_made", request=request, subject=user, token=name, scopes=", ".join(token.scopes))
    return token, text


def revoke(tokens: Iterable[ApiToken], *, request: HttpRequest | None = None) -> None:
    """End these tokens at once."""
    for token in tokens:
        with transaction.atomic():
            if ApiToken.objects.not_revoked().filter(pk=token.pk).update(revoked_at=clock.now()):
                note("account.token_revoked", request=request, subject=token.user, token=token.name)


def find(text: str) -> ApiToken | None:
    """The row of this token, also of one that has expired or was revoked; None if there never was one."""
    return ApiToken.objects.filter(digest=_digest(text)).first()


def person_of(token: ApiToken) -> AbstractBaseUser | None:
    """The account of a token as far as its scopes go; None for an account that may not log in.

    The logs say “by token NAME of USER” of what it does. The account itself must not be saved.
    """
    user = WithSettings().get_user(token.user_id)
    if user is None:
        return None
    user._perm_cache = {name for name in user.get_all_permissions() if _allows(token.scopes, name)}
    user.is_superuser = False  # who may everything is not asked for permissions
    user.token_name = token.name
    return user


def note_use(token: ApiToken) -> None:
    """Write when the token was last used, at most once a minute."""
    now = clock.now()
    long_ago = now - LAST_USE_WRITTEN_EVERY
    if token.last_used_at is None or token.last_used_at <= long_ago:
        same = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=long_ago), pk=token.pk)
        if_possible(partial(same.update, last_used_at=now), "the last use of a token")


def _allows(scopes: Iterable[str], permission: str) -> bool:
    if any(permission in _OF_SCOPE.get(scope, ()) for scope in scopes):
        return True
    if permission == _SECURITY_LOG or permission.startswith(_ADMINISTERS):
        return Scope.ADMINISTER in scopes
    return permission.startswith("scans.view_")


def _digest(text: str) -> str:
    """The hash of a token. Its 256 random bits need no slow hash."""
    return sha256(text.encode(errors="replace")).hexdigest()


@receiver(post_save, sender=User)
def _revoke_with_account(sender, instance: User, **values) -> None:
    """Revoke the tokens of an account that is switched off: switching it on again gives none back."""
    if not instance.is_active:
        revoke(ApiToken.objects.not_revoked().filter(user=instance.pk).select_related("user"))

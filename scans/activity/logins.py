"""Logins and logouts in the security log, as Django's signals tell them, whichever library made them."""

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from scans.activity.security import note


@receiver(user_logged_in)
def _logged_in(sender, request, user, **values) -> None:
    note("login.succeeded", request=request, by=user, subject=user)


@receiver(user_logged_out)
def _logged_out(sender, request, user, **values) -> None:
    if user is not None:  # None: somebody who was not logged in
        note("login.ended", request=request, by=user, subject=user)


@receiver(user_login_failed)
def _login_failed(sender, credentials, request=None, **values) -> None:
    """Note the account. A name that no account has is not kept: people type their password into the wrong field."""
    users = get_user_model()
    name = str(credentials.get(users.USERNAME_FIELD) or "")
    user = None if "\0" in name else users.objects.filter(username=name).first()
    if user:
        note("login.failed", request=request, subject=user)
    else:
        note("login.failed_unknown", request=request)

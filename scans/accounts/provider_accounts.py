"""Accounts of the OpenID Connect provider: whose account a login is, and which roles its groups give."""

import re
import unicodedata
from typing import Any

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Group
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from scans.accounts.provider import Provider, ProviderFailed, failed
from scans.activity.security import note

ADMINISTRATOR = "Administrator"
LONGEST_NAME = 150  # of the column
GROUPS_NAMED = 10  # in the sentence about groups that give no role
ERROR_CODE = re.compile(r"[a-z_]{1,60}")
USER_NAME = UnicodeUsernameValidator()
NAMES = {"first_name": "given_name", "last_name": "family_name"}  # column → claim


class ProviderAccounts(DefaultSocialAccountAdapter):
    """The rules that django-allauth asks for about a login at the provider. Raises ProviderFailed to end it."""

    def list_apps(self, request: HttpRequest, provider=None, client_id=None) -> list[SocialApp]:
        """The one provider of the settings; rows of the database add none."""
        if not settings.SCANS_OIDC_ISSUER:
            return []
        app = SocialApp(
            provider=Provider.id,
            provider_id=settings.SCANS_OIDC_ISSUER,  # so that another provider's people are other people
            name=settings.SCANS_OIDC_NAME,
            client_id=settings.SCANS_OIDC_CLIENT_ID,
            secret=settings.SCANS_OIDC_CLIENT_SECRET,
            settings={"server_url": settings.SCANS_OIDC_ISSUER.rstrip("/"), "scope": settings.SCANS_OIDC_SCOPES},
        )
        return [app]

    def on_authentication_error(self, request, provider, error=None, exception=None, extra_context=None) -> None:
        """Say why the provider, or the connection to it, ended the login."""
        if exception is not None:
            raise connection_failed(exception) from None
        if error == AuthError.CANCELLED:
            raise failed("provider_cancelled")
        code = request.GET.get("error", "")
        raise failed("provider_refused", code=code) if ERROR_CODE.fullmatch(code) else failed("provider_login_unknown")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find or make the account of this login, and give it the roles of its groups."""
        groups = groups_in(sociallogin.claims)
        roles = {role for group, role in settings.SCANS_OIDC_ROLES if group in groups}
        user = sociallogin.user if sociallogin.is_existing else known_account(sociallogin.claims)
        if user is not None:
            _require_ordinary(user)
        elif settings.SCANS_OIDC_ROLES and not roles:
            raise _no_role(groups)
        with transaction.atomic():
            if not sociallogin.is_existing:
                _link(sociallogin, user or new_account(sociallogin.claims, request), request)
            if settings.SCANS_OIDC_ROLES:
                set_roles(sociallogin.user, roles, request)
        if settings.SCANS_OIDC_ROLES and not roles:
            raise _no_role(groups)


def connection_failed(error: Exception) -> ProviderFailed:
    """The failure that this error of the connection means."""
    if isinstance(error, ProviderFailed):
        return error
    return failed("provider_certificate" if isinstance(error, requests.exceptions.SSLError) else "provider_down")


def groups_in(claims: dict[str, Any]) -> list[str]:
    """The groups in the claim of the settings. The claim's name may lead into an object, such as realm_access.roles."""
    name = settings.SCANS_OIDC_GROUPS_CLAIM
    found: Any = claims
    for part in [name] if name in claims else name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    found = found if isinstance(found, list) else [found]
    return [group for group in found if isinstance(group, str)]


def set_roles(user: AbstractUser, roles: set[str], request: HttpRequest | None = None) -> None:
    """Give the user exactly these roles, and the admin to Administrators alone; note a change. Other groups stay."""
    before = set(user.groups.filter(name__in=settings.SCANS_ROLES).values_list("name", flat=True))
    staff = ADMINISTRATOR in roles
    if before == roles and user.is_staff == staff:
        return
    user.groups.remove(*Group.objects.filter(name__in=before - roles))
    user.groups.add(*Group.objects.filter(name__in=roles - before))
    user.is_staff = staff
    user.save(update_fields=["is_staff"])
    told = {"before": before, "after": roles}
    told = {name: ", ".join(sorted(names)) or "–" for name, names in told.items()}
    note("account.roles_changed", request=request, by=user, subject=user, **told)


def known_account(claims: dict[str, Any]) -> AbstractUser | None:
    """The one account that an administrator made for this person; None if there is none, or more than one."""
    known_by, users = settings.SCANS_OIDC_KNOWN_BY, get_user_model().objects.filter(socialaccount=None)
    if known_by == "username":
        found = users.filter(username=_name_in(claims))
    elif known_by == "email" or claims.get("email_verified") is True:
        found = users.filter(email__iexact=_address_in(claims)).exclude(email="")
    else:
        return None
    accounts = list(found[:2])
    return accounts[0] if len(accounts) == 1 else None


def new_account(claims: dict[str, Any], request: HttpRequest) -> AbstractUser:
    """A new account without a password. Raises ProviderFailed if the settings, or its name, do not allow one."""
    name, address = _name_in(claims), _address_in(claims)
    if settings.SCANS_OIDC_ACCOUNTS != "create":
        if settings.SCANS_OIDC_KNOWN_BY == "verified-email" and claims.get("email_verified") is not True:
            raise failed("provider_unproven_address")
        code = "provider_no_account_name" if settings.SCANS_OIDC_KNOWN_BY == "username" else "provider_no_account"
        raise failed(code, name=(name if code == "provider_no_account_name" else address) or "–")
    if not name:
        raise failed("provider_no_name")
    users = get_user_model().objects
    if users.filter(username__iexact=name).exists():
        raise failed("provider_name_taken", name=name)
    names = {field: str(claims.get(claim) or "")[:150] for field, claim in NAMES.items()}
    user = users.create_user(name, address, None, **names)
    note("account.created", request=request, by=user, subject=user)
    return user


def _require_ordinary(user: AbstractUser) -> None:
    """Refuse superusers, who always have their password, and accounts that are switched off."""
    if user.is_superuser:
        raise failed("provider_superuser", name=user.username)
    if not user.is_active:
        raise failed("provider_account_off", name=user.username)


def _link(login: SocialLogin, user: AbstractUser, request: HttpRequest) -> None:
    login.user = login.account.user = user
    login.account.save()
    note("account.provider_linked", request=request, by=user, subject=user, provider=settings.SCANS_OIDC_NAME)


def _no_role(groups: list[str]) -> ProviderFailed:
    if not groups:
        return failed("provider_no_groups", claim=settings.SCANS_OIDC_GROUPS_CLAIM)
    return failed("provider_no_role", groups=", ".join(group[:60] for group in groups[:GROUPS_NAMED]))


def _name_in(claims: dict[str, Any]) -> str:
    """The user name, or the e-mail address in its place; empty if neither can be a user name."""
    for claim in ("preferred_username", "email"):
        name = unicodedata.normalize("NFKC", str(claims.get(claim) or ""))
        if 0 < len(name) <= LONGEST_NAME and USER_NAME.regex.search(name):
            return name
    return ""


def _address_in(claims: dict[str, Any]) -> str:
    address = str(claims.get("email") or "")
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address

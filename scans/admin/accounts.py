"""Accounts and roles in the admin.

Nobody gives or takes more than they have. A user who is no superuser finds no account and no role here with permissions
beyond their own, and no superuser status and single permissions. Each change is in the security log.
"""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UsernameField
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from scans.accounts import guessing
from scans.accounts.passwords import require_change
from scans.accounts.sessions import end_all
from scans.accounts.two_factor import remove_factors
from scans.activity import note
from scans.admin.base import SafeAdmin, changes
from scans.models import ScanSettings

ROLES = settings.SCANS_ROLES

# Those of django-allauth are nobody's to edit here: the dashboard sends no mail, and secrets stay where they are.
admin.site.unregister([User, Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession])


def roles_within_reach(user: User) -> QuerySet[Group]:
    """The roles that this user may give: those without a permission that the user lacks."""
    roles = Group.objects.order_by("name")
    return roles if user.is_superuser else roles.exclude(Exists(_roles_beyond(user).filter(group=OuterRef("pk"))))


def accounts_within_reach(user: User) -> QuerySet[User]:
    """The accounts that this user may see and change: those without a permission that the user lacks."""
    if user.is_superuser:
        return User.objects.all()
    own = User.user_permissions.through.objects.filter(user=OuterRef("pk")).exclude(permission__in=_permissions(user))
    beyond = Group.objects.filter(user=OuterRef("pk")).exclude(pk__in=roles_within_reach(user).values("pk"))
    return User.objects.filter(~Exists(own), ~Exists(beyond), is_superuser=False)


def administrators() -> QuerySet[User]:
    """The accounts that can change accounts: active ones that enter the admin and have the permission."""
    may = Permission.objects.filter(Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk")), codename="change_user")
    return User.objects.filter(Q(is_superuser=True) | Exists(may), is_active=True, is_staff=True)


def _permissions(user: User) -> QuerySet[Permission]:
    return Permission.objects.filter(Q(user=user) | Q(group__user=user)).values("pk")


def _roles_beyond(user: User) -> QuerySet:
    return Group.permissions.through.objects.exclude(permission__in=_permissions(user))


class AccountForm(forms.ModelForm):
    """An account with its roles. The page's own class has `by`, the user who sends the form."""

    by: User

    class Meta:
        field_classes = {"username": UsernameField}

    def clean(self) -> dict:
        """Refuse that users take away their own way in, or the last administrator's."""
        cleaned = super().clean()
        ScanSettings.locked()  # so that two administrators do not remove each other at the same moment
        if self.instance.pk == self.by.pk:
            self._keep_own_way_in(cleaned)
        elif self._was_administrator() and not administrators().exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("This is the last administrator."))
        return cleaned

    def _keep_own_way_in(self, cleaned: dict) -> None:
        for name in ("is_active", "is_staff", "is_superuser"):
            if name in self.fields and getattr(self.instance, name) and not cleaned.get(name):
                self.add_error(name, _("You cannot take this from yourself. Ask another administrator."))
        roles = cleaned.get("groups")
        if self.by.is_superuser or roles is None or "groups" not in self.changed_data:
            return
        if not Permission.objects.filter(Q(group__in=roles) | Q(user=self.by), codename="change_user").exists():
            self.add_error("groups", _("You cannot take this from yourself. Ask another administrator."))

    def _was_administrator(self) -> bool:
        return administrators().filter(pk=self.instance.pk).exists()


class PasswordForm(AdminPasswordChangeForm):
    """A new password for an account, whose person changes it at the next login."""

    def save(self, commit: bool = True) -> User:
        """Store the password and note that, not what it is."""
        user = super().save(commit)
        require_change(user)
        note("account.password_set", subject=user)
        return user


@admin.register(User)
class AccountAdmin(SafeAdmin, UserAdmin):
    """Accounts: created, given roles, switched off. Only superusers see superusers, and delete accounts."""

    form = AccountForm
    change_password_form = PasswordForm
    actions = ["unlock", "log_out", "remove_second_factors"]
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "groups"]
    search_fields = ["username", "first_name", "last_name", "email"]
    readonly_fields = ["password_link", "last_login", "date_joined"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password_link"]}),
        (_("Personal info"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Roles"), {"fields": ["is_active", "is_staff", "groups"]}),
        (_("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    @admin.action(description=_("Unlock logging in"), permissions=["change"])
    def unlock(self, request, queryset) -> None:
        """End the pauses of the chosen accounts after failed logins, and of the addresses that they failed from."""
        for user in queryset:
            guessing.unlock(user.username, request=request)
        self.message_user(request, _("The chosen accounts can log in again."))

    @admin.action(description=_("Log out"), permissions=["change"])
    def log_out(self, request, queryset) -> None:
        """End all sessions of the chosen accounts."""
        for user in queryset:
            end_all(user, request=request)
        self.message_user(request, _("The chosen accounts are logged out everywhere."))

    @admin.display(description=_("password"))
    def password_link(self, user: User) -> str:
        """The link to the page that sets a new password."""
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a href="{}">{}</a>', address, _("Set a new password"))

    @admin.display(description=_("Roles"))
    def roles(self, user: User) -> str:
        """The names of the roles."""
        return _names(user.groups.all())

    @admin.action(description=_("Remove second factors"), permissions=["change"])
    def remove_second_factors(self, request, queryset) -> HttpResponse | None:
        """Take the second factors off the chosen accounts, whose owners lost them, but not off the own one.

        Somebody whose login is not fresh first confirms who they are, and chooses the action again.
        """
        if proof := _proof(request):
            self.message_user(request, _("Confirm that it is you; then choose the accounts and the action again."))
            return proof
        for user in queryset.exclude(pk=request.user.pk):
            count = remove_factors(user, by=request.user, request=request)
            text = _("Second factors removed from {user}: {count}.")
            self.message_user(request, text.format(user=user, count=count), messages.SUCCESS)

    def user_change_password(self, request, id, form_url=""):
        """The page for another's new password, after a fresh proof. The own one is changed in Settings."""
        if id == str(request.user.pk):
            return redirect("scans:password")
        return _proof(request) or super().user_change_password(request, id, form_url)

    def get_queryset(self, request) -> QuerySet[User]:
        """The accounts within the user's reach."""
        accounts = super().get_queryset(request).filter(pk__in=accounts_within_reach(request.user))
        return accounts.prefetch_related("groups")

    def get_fieldsets(self, request, obj=None) -> list:
        """As they stand; superusers also see the superuser status."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not request.user.is_superuser:
            return fieldsets
        more = {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}
        return [(name, more if "groups" in options["fields"] else options) for name, options in fieldsets]

    def get_form(self, request, obj=None, **kwargs):
        """The form of this request, which knows who sends it."""
        form = super().get_form(request, obj, **kwargs)
        form.by = request.user
        return form

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        """The roles that the user may give, by name."""
        if db_field.name == "groups":
            kwargs |= {"queryset": roles_within_reach(request.user), "widget": forms.CheckboxSelectMultiple}
            kwargs |= {"label": _("Roles"), "help_text": ""}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request, obj=None) -> bool:
        """Whether the user may change accounts, and this one is within reach."""
        return super().has_change_permission(request, obj) and self._reaches(request, obj)

    def has_view_permission(self, request, obj=None) -> bool:
        """Whether the user may see accounts, and this one is within reach."""
        return super().has_view_permission(request, obj) and self._reaches(request, obj)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Whether the user is a superuser and this is another account; others switch accounts off."""
        return request.user.is_active and request.user.is_superuser and (obj is None or obj.pk != request.user.pk)

    def save_model(self, request, obj, form, change) -> None:
        """Save the account; note that it was created, or each field that changed. Roles are saved afterwards."""
        super().save_model(request, obj, form, change)
        if not change:
            require_change(obj)
            note("account.created", request=request, subject=obj)
        for field, before, after in changes(form) if change else ():
            _note_change(request, obj, field, before, after)

    def save_related(self, request, form, formsets, change) -> None:
        """Save the roles, and note them if they changed."""
        user = form.instance
        before = _names(user.groups.all())
        super().save_related(request, form, formsets, change)
        after = _names(Group.objects.filter(user=user))
        if before != after:
            note("account.roles_changed", request=request, subject=user, before=before, after=after)

    def delete_model(self, request, obj) -> None:
        """Delete the account and note it."""
        note("account.deleted", request=request, subject=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset) -> None:
        """Delete the chosen accounts, each with its own entry."""
        for user in queryset:
            self.delete_model(request, user)

    def _reaches(self, request, obj: User | None) -> bool:
        return obj is None or accounts_within_reach(request.user).filter(pk=obj.pk).exists()


@admin.register(Group)
class RoleAdmin(SafeAdmin, GroupAdmin):
    """Roles. Superusers add further ones; the product's own keep their names and stay."""

    def get_queryset(self, request) -> QuerySet[Group]:
        """The roles within the user's reach."""
        return super().get_queryset(request).filter(pk__in=roles_within_reach(request.user).values("pk"))

    def has_add_permission(self, request) -> bool:
        """Whether the user is a superuser."""
        return request.user.is_active and request.user.is_superuser

    def has_change_permission(self, request, obj=None) -> bool:
        """Whether the user is a superuser."""
        return self.has_add_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        """Whether the user is a superuser, and this is none of the product's own roles."""
        return self.has_add_permission(request) and (obj is None or obj.name not in ROLES)

    def get_readonly_fields(self, request, obj=None) -> list[str]:
        """The name, if it is one that the product knows."""
        return ["name"] if obj is not None and obj.name in ROLES else []

    def save_related(self, request, form, formsets, change) -> None:
        """Save the permissions, and note them if they changed."""
        role = form.instance
        before = _codenames(role)
        super().save_related(request, form, formsets, change)
        after = _codenames(role)
        if before != after or not change:
            note("account.role_changed", request=request, subject=role, before=before, after=after)

    def delete_model(self, request, obj) -> None:
        """Delete the role and note which permissions it had."""
        note("account.role_changed", request=request, subject=obj, before=_codenames(obj), after="")
        super().delete_model(request, obj)

    def delete_queryset(self, request, queryset) -> None:
        """Delete the chosen roles, each with its own entry."""
        for role in queryset:
            self.delete_model(request, role)


def _proof(request) -> HttpResponse | None:
    """The way to the page that asks who is there, unless that was shown within minutes.

    Nothing that was sent is kept meanwhile: it may hold a password.
    """
    if not is_reauthentication_required(request, app="scans"):
        return None
    ways = get_adapter(request).get_reauthentication_methods(request.user)
    if not ways:
        raise PermissionDenied
    return redirect(f"{ways[0]['url']}?{urlencode({'next': request.get_full_path()})}")


def _note_change(request, user: User, field: str, before: object, after: object) -> None:
    """Note one changed field of an account."""
    if field == "is_active":
        note("account.switched_on" if after else "account.switched_off", request=request, subject=user)
    elif isinstance(after, bool):
        note("account.flag_set" if after else "account.flag_cleared", request=request, subject=user, field=field)
    else:
        note("account.changed", request=request, subject=user, field=field, before=before, after=after)


def _names(roles) -> str:
    return ", ".join(sorted(role.name for role in roles))


def _codenames(role: Group) -> str:
    return ", ".join(Permission.objects.filter(group=role).order_by("codename").values_list("codename", flat=True))

"""The account of a request, loaded with its settings and permissions in one query."""

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import Aggregate, Exists, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes are only the way back to one


class _Joined(Aggregate):
    """Joins texts with commas: GROUP_CONCAT on SQLite, STRING_AGG on PostgreSQL."""

    function, template = "GROUP_CONCAT", "%(function)s(%(expressions)s)"
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')", **context)


def _in_one(rows: QuerySet, text: str | Concat) -> Subquery:
    """One text of these rows, joined with commas."""
    return Subquery(rows.order_by().annotate(all=Value(1)).values("all").annotate(names=_Joined(text)).values("names"))


class WithSettings(ModelBackend):
    """Django's backend for accounts, which also fetches settings, permissions, roles and “has a second factor”."""

    def get_user(self, user_id: int):
        """The account with this id, or None if there is none that may log in."""
        name = Concat("content_type__app_label", Value("."), "codename", output_field=TextField())
        theirs = Permission.objects.filter(Q(user=user_id) | Q(group__user=user_id))
        users = (
            get_user_model()
            .objects.select_related("person_settings")
            .annotate(
                permission_names=_in_one(theirs, name),
                role_names=_in_one(Group.objects.filter(user=user_id), "name"),
                has_second_factor=Exists(Authenticator.objects.filter(user=user_id, type__in=FACTORS)),
            )
        )
        user = users.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            user._perm_cache = set(filter(None, (user.permission_names or "").split(",")))  # where Django looks first
        return user

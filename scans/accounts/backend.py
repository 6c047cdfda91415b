"""The account of a request, loaded with its settings and permissions in one query."""

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Aggregate, Q, Subquery, TextField, Value
from django.db.models.functions import Concat


class _Joined(Aggregate):
    """Joins texts with commas: GROUP_CONCAT on SQLite, STRING_AGG on PostgreSQL."""

    function, template = "GROUP_CONCAT", "%(function)s(%(expressions)s)"
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')", **context)


class WithSettings(ModelBackend):
    """Django's backend for accounts, which also fetches settings and permissions."""

    def get_user(self, user_id: int):
        """The account with this id, or None if there is none that may log in."""
        name = Concat("content_type__app_label", Value("."), "codename", output_field=TextField())
        theirs = Permission.objects.filter(Q(user=user_id) | Q(group__user=user_id)).order_by()
        names = theirs.annotate(all=Value(1)).values("all").annotate(names=_Joined(name)).values("names")
        users = get_user_model().objects.select_related("person_settings").annotate(permission_names=Subquery(names))
        user = users.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            user._perm_cache = set(filter(None, (user.permission_names or "").split(",")))  # where Django looks first
        return user

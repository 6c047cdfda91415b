"""Who asks: their settings and permissions are loaded with the account, at no query of their own."""

from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Aggregate, Q, Subquery, TextField, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from scans.models import PersonSettings


class _Joined(Aggregate):
    """Texts, one after the other, with commas between."""

    function, template = "GROUP_CONCAT", "%(function)s(%(expressions)s)"
    output_field = TextField()

    def as_postgresql(self, compiler, connection, **context):
        """As PostgreSQL spells it."""
        return self.as_sql(compiler, connection, template="STRING_AGG(%(expressions)s, ',')", **context)


class WithSettings(ModelBackend):
    """Django's accounts, each fetched together with its settings and permissions."""

    def get_user(self, user_id: int):
        """The account with this id, if it may log in; else None."""
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


class PersonMiddleware:
    """Puts the person's time zone and language in force, and back again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; the thread then forgets whose it was."""
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Callable, args, kwargs) -> None:
        """What needs no login, such as the page to log in, asks for no account either."""
        if not getattr(view, "login_required", True):
            return
        person = PersonSettings.of(request.user)
        timezone.activate(person.zone)
        if person.language:
            translation.activate(person.language)


def person(request: HttpRequest) -> dict:
    """For every template: the settings of who asks; the defaults for a request that failed before that was known."""
    return {"person": PersonSettings.of(getattr(request, "user", AnonymousUser()))}

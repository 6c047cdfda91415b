"""Every field of every form of the admin, sent by every role: nothing changes but what the role may change."""

import datetime

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, Permission, User
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
# Logs grow with every request. Tables of libraries are not ours.
LOGS = {"ActivityLogEntry", "SecurityEvent", "DBTaskResult"}
ACCOUNT = {"username", "first_name", "last_name", "email", "groups"}
SETTINGS = {
    *("ScanSettings.capacity", "ScanSettings.pause_limit", "ScanSettings.keep_security_days"),
    *(f"ScanSettings.keep_{kind}_days" for kind in ("runs", "evidence", "screenshots", "logs")),
    *(f"ScanSettings.{name}" for name in ("analysis_mb", "stored_mb", "open_analyses", "open_url_scans", "drafts")),
    *(f"AllowedTarget.{name}" for name in ("pattern", "note")),
    *(f"BlackoutWindow.{name}" for name in ("window", "time_zone", "note")),
}
# A login's password can be written: a new row takes the place of the old one, which is removed, and the analysis counts
# a change.
PASSWORD = {
    "TargetLogin.*",
    "UrlScan.login",
    *(f"Analysis.{name}" for name in ("version", "changed_at", "removal_asked_at")),
}
MAY_CHANGE = {
    "": set(),
    "Viewer": set(),
    "Submitter": PASSWORD,
    "Reviewer": PASSWORD,
    "Administrator": PASSWORD
    | SETTINGS
    | {f"User(bob).{name}" for name in ACCOUNT | {"is_active", "is_staff"}}
    | {f"User(other).{name}" for name in ACCOUNT | {"is_active", "is_staff"}}
    | {f"User(self).{name}" for name in ACCOUNT},
}


@pytest.fixture
def everybody(one_of_each):
    """Accounts that an administrator may change, and two with more permissions."""
    factories.user("Viewer", "bob", is_staff=True)
    factories.user("Administrator", "other", is_staff=True)
    User.objects.create_superuser("root", password="password")
    special = factories.user("Viewer", "special")
    special.user_permissions.add(Permission.objects.get(codename="delete_user"))
    Group.objects.create(name="Powerful").permissions.add(Permission.objects.get(codename="change_permission"))


def every_row():
    """{(model, primary key): {column: value}} of all rows that the admin shows, with roles and permissions."""
    found = {}
    for model in site._registry:
        if model.__name__ not in LOGS:
            found |= {(model, row["pk"]): row for row in model._default_manager.values(*columns(model), "pk")}
            for field in model._meta.many_to_many:
                pairs = model._default_manager.order_by(field.name).values_list("pk", field.name)
                for pk, other in pairs:
                    found[model, pk].setdefault(f"{field.name} *", []).append(other)
    return found


def columns(model):
    return [field.name for field in model._meta.concrete_fields if not field.primary_key]


def differences(before, after, names):
    """The names of the columns that differ, with the name that an account had; * for a row that is new or gone."""
    for key in before.keys() | after.keys():
        model, pk = key
        name = f"User({names.get(pk, 'new')})" if model is User else model.__name__
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            yield f"{name}.*"
        elif old != new:
            yield from (
                f"{name}.{column.removesuffix(' *')}"
                for column in old.keys() | new.keys()
                if old.get(column) != new.get(column)
            )


def as_sent(form):
    """What a browser would send of a form that nobody touched."""
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def changed(field, row):
    """Another value for a column, as a form would send it; an empty one for a box to be cleared."""
    if isinstance(field, models.ManyToManyField):  # an administrator lacks what “Powerful” has: test_accounts sends it
        others = field.remote_field.model.objects.exclude(name="Powerful")
        return {field.name: list(others.values_list("pk", flat=True))}
    if isinstance(field, models.EmailField):
        return {field.name: "changed@example.org"}
    if isinstance(field, models.BooleanField):
        return {field.name: "" if getattr(row, field.attname) else "on"}
    if isinstance(field, models.DateTimeField):
        return {field.name: "2020-01-01 00:00:00", f"{field.name}_0": "2020-01-01", f"{field.name}_1": "00:00:00"}
    if isinstance(field, models.DurationField):
        return {field.name: str(datetime.timedelta(days=1))}
    if isinstance(field, models.IntegerField):
        return {field.name: 47}
    if isinstance(field, models.ForeignKey):
        return {field.name: field.remote_field.model.objects.order_by("pk").values_list("pk", flat=True).last()}
    return {field.name: {"time_zone": "Europe/Paris", "window": "Sun"}.get(field.name, "changed.example.org")}


def attempts(browser, page, row, one_by_one):
    """The forms to send about a row: for each column, everything as it is but this one; or all columns at once."""
    answer = browser.get(page)
    shown = answer.context["adminform"].form if answer.status_code == 200 and "adminform" in answer.context else None
    base = {name: value for name, value in as_sent(shown).items() if not hasattr(value, "all")} if shown else {}
    values = [changed(field, row) for field in (*row._meta.concrete_fields, *row._meta.many_to_many)]
    values += [{"new_password": "owls-fly-at-noon", "password1": "owls-fly-at-noon", "password2": "owls-fly-at-noon"}]
    if not one_by_one or not base:
        values = [{name: value for each in values for name, value in each.items()}]
    for each in values:
        sent = base | each
        yield {name: value for name, value in sent.items() if value != ""}


@pytest.mark.parametrize("role", MAY_CHANGE)
def test_nobody_changes_more_than_the_role_may(everybody, role):
    me = factories.user(role, "self", is_staff=True)
    browser = Client()
    browser.force_login(me)
    names = dict(User.objects.values_list("pk", "username"))
    before, differing, sent = every_row(), set(), 0
    for model in site._registry:
        for row in model._default_manager.all()[: 8 if model in (User, Group) else 1]:
            page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
            for values in attempts(browser, page, row, one_by_one=role == "Administrator"):
                sent += 1
                with transaction.atomic():
                    browser.post(page, values)
                    differing |= set(differences(before, every_row(), names))
                    transaction.set_rollback(True)
    assert sent > 20
    assert differing == MAY_CHANGE[role]

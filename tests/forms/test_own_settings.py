"""Columns of a table of URLs that hold for one URL alone."""

import pytest

from scans.models import TargetLogin
from tests.forms.filled_in import form

pytestmark = pytest.mark.django_db
A, B, C = (f"http://127.0.0.1:9/{name}" for name in "abc")


def table(*rows: str, **typed):
    return form("\n".join(rows).encode(), urls="", **typed)


def problems(*rows: str, **typed) -> str:
    return " ".join(error for errors in table(*rows, **typed).errors.values() for error in errors)


def test_two_logins_for_three_urls_are_given_in_one_table():
    filled = table("url,username,password", f"{A},ada,s3cr3t", f"{B},ada,s3cr3t", f"{C},bob,other")
    assert filled.is_valid()
    first, second, third = (filled.submission().access[url].login for url in (A, B, C))
    assert first is second and (first.method, first.opened().password) == ("form", "s3cr3t")
    assert (third.username, third.opened().password) == ("bob", "other")


def test_a_row_without_a_login_gets_that_of_the_form_unless_it_says_none():
    given = {"login_method": "basic", "login_username": "all", "login_password": "pw"}
    filled = table("url;login;username;password", f"{A};;;", f"{B};none;;", f"{C};digest;own;pw2", **given)
    assert filled.is_valid()
    access = filled.submission().access
    assert (access[A].login.username, access.get(B), access[C].login.method) == ("all", None, "digest")


def test_cookies_alone_are_a_login_by_cookies():
    filled = table("url;cookies", f"{A};sid=s3cr3t")
    assert filled.is_valid() and filled.submission().access[A].login.opened().cookies == "sid=s3cr3t"


def test_left_out_addresses_and_headers_are_added_to_those_that_are_typed():
    typed = {"left_out": f"/all\n{A} /typed", "headers": "X-All: 1"}
    filled = table("url;left_out;headers;headers", f"{A};/logout /?do=*;X-Key: s3cr3t;X-More: 2", f"{B};;;", **typed)
    assert filled.is_valid()
    submission = filled.submission()
    assert submission.left_out.splitlines() == ["/all", f"{A} /typed", f"{A} /logout", f"{A} /?do=*"]
    assert [*submission.headers] == ["X-All", f"{A} X-Key", f"{A} X-More"]
    assert "s3cr3t" not in str(submission.headers)


def test_what_is_given_twice_is_refused():
    twice = problems("url;headers", f"{A};X-Key: 1", headers=f"{A} X-Key: 2")
    assert f"{A} X-Key is given twice" in twice


def test_a_row_that_lacks_something_is_refused_by_its_line():
    assert "File, line 3: Password: Give the password." in problems("url,username,password", f"{A},a,b", f"{B},a,")
    assert "File, line 2: Log in: " in problems("url,login", f"{A},magic")
    assert "File, line 2: Left-out addresses: " in problems("url,left_out", f"{A},logout")


def test_a_pattern_that_leaves_out_its_own_target_is_refused():
    assert f"leaves out the target {A} itself" in problems("url,left_out", f"{A},/a")


@pytest.mark.parametrize(
    "row",
    [f"{A},ada,s3cr3t,more", "ftp://x/,ada,s3cr3t", ",ada,s3cr3t", f'{A},ada,"s3cr3t', f"{A},ada,s3cr3t s3cr3t,"],
)
def test_no_message_shows_a_secret_of_a_row(row):
    assert "s3cr3t" not in problems("url,username,password", row, "words,,")


@pytest.mark.parametrize("column", ["password", "Passwort", "cookies", "login_headers", "headers"])
def test_secrets_are_taken_from_a_file_only_because_the_field_shows_what_was_typed(column):
    typed = form(urls=f"url;{column}\n{A};X-A: s3cr3t")
    [error] = typed.errors["urls"]
    assert "holds secrets: give it in a file" in error and "s3cr3t" not in error


def test_other_columns_of_a_pasted_table_are_taken():
    typed = form(urls=f"url;left_out;owner\n{A};/x;me")
    assert typed.is_valid() and typed.submission().left_out == f"{A} /x"


def test_nothing_is_stored_by_looking_at_a_table():
    assert table("url,username,password", f"{A},ada,s3cr3t").is_valid() and not TargetLogin.objects.exists()

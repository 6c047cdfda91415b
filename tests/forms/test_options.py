"""Left-out addresses and headers as they are typed."""

import pytest

from scans.configuration.submission import as_typed
from scans.encryption import unseal
from scans.forms.submission import SubmissionForm
from tests.forms.filled_in import URL, errors, form

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "Connection", "TE", "Proxy-X", "Transfer_Encoding"]
)
@pytest.mark.parametrize("field", ["headers", "login_headers"])
def test_headers_of_the_connection_are_refused_without_their_value(field, name):
    said = errors(field, **{field: f"X-Fine: yes\n{name}: s3cr3t", "login_method": "headers"})
    assert f"Line 2 gives {name}" in said and "cannot be given" in said and "s3cr3t" not in said


@pytest.mark.parametrize("line", ["no colon", "X Y: z", "X-Tab: a\tb", ": value", "X-Kept: ***"])
def test_what_is_no_header_is_refused(line):
    assert "Line 1" in errors("headers", headers=line)


def test_a_cookie_that_is_no_login_may_be_given():
    assert form(headers="Cookie: consent=yes").is_valid()


@pytest.mark.parametrize("field", ["headers", "login_headers"])
def test_a_header_is_given_once(field):
    assert "Line 2 gives x-a again" in errors(field, **{field: "X-A: 1\nx-a: 2", "login_method": "headers"})


@pytest.mark.parametrize("method", ["", "form", "basic"])
@pytest.mark.parametrize("field", ["login_headers", "login_cookies"])
def test_headers_and_cookies_of_a_login_that_would_not_be_sent_are_refused(method, field):
    typed = {field: "X-A: 1", "login_method": method, "login_username": "ada", "login_password": "owls"}
    assert "Only “Cookies and headers” uses this" in errors(field, **typed)


@pytest.mark.parametrize("pattern", ["logout", "*", "/", "ftp://x/", "/a b", "/" + "x" * 200])
def test_what_is_no_pattern_of_addresses_is_refused(pattern):
    assert "is no pattern such as" in errors("left_out", left_out=pattern)


def test_patterns_that_leave_out_the_target_itself_are_refused():
    said = errors("left_out", urls=f"{URL}shop", left_out="/x\n/sh*")
    assert "The pattern /sh* leaves out the target http://127.0.0.1:9/shop itself" in said
    assert "*logout*" in errors("left_out", urls=f"{URL}logout", leave_out_usual=["logout"])
    assert form(urls=f"{URL}shop\n{URL}cart", left_out=f"{URL}cart /shop").is_valid()
    assert "/cart leaves out" in errors("left_out", urls=f"{URL}shop\n{URL}cart", left_out=f"{URL}cart /cart")


def test_usual_patterns_can_be_ticked_and_stay_ticked():
    ticked = form(left_out="/x", leave_out_usual=["delete"])
    assert ticked.is_valid(), ticked.errors
    assert ticked.submission().left_out == "/x\nusual:delete"
    again = as_typed(ticked.submission())
    assert (again["left_out"], again["leave_out_usual"]) == ("/x", ["delete"])


def test_patterns_and_headers_can_be_given_for_one_url_alone():
    first = form(
        urls=f"{URL}shop\n{URL}cart",
        left_out="http://127.0.0.1:9/shop  /logout\n/x\nhttp://127.0.0.1:9/cart usual:delete",
        headers=f"X-A: one\n{URL}shop X-A: two\n{URL}cart X-A: three",
    )
    assert first.is_valid(), first.errors
    given = first.submission()
    assert given.left_out.splitlines() == [f"{URL}shop /logout", "/x", f"{URL}cart usual:delete"]
    values = {name: unseal(sealed) for name, sealed in given.headers.items()}
    assert values == {"X-A": "one", f"{URL}shop X-A": "two", f"{URL}cart X-A": "three"}
    again = SubmissionForm({**as_typed(given), "authorised": "on"}, saved=given)
    assert again.is_valid(), again.errors
    assert {name: unseal(sealed) for name, sealed in again.submission().headers.items()} == values
    assert again.submission().left_out == given.left_out


@pytest.mark.parametrize(("field", "rest"), [("left_out", "/logout"), ("headers", "X-A: s3cr3t")])
def test_a_line_for_a_url_that_is_not_scanned_is_refused(field, rest):
    said = errors(field, **{field: f"http://127.0.0.1:9/other {rest}"})
    assert "http://127.0.0.1:9/other is none of the URLs of this analysis" in said and "s3cr3t" not in said


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("left_out", "http://a:b@h/ /x"),
        ("left_out", f"{URL} logout"),
        ("left_out", "usual:lunch"),
        ("headers", f"{URL} Host: s3cr3t"),
        ("headers", "http://[ X-A: s3cr3t"),
    ],
)
def test_lines_for_one_url_follow_the_same_rules(field, line):
    said = errors(field, **{field: f"\n{line}"})
    assert "Line 2" in said and "s3cr3t" not in said


def test_a_saved_header_keeps_its_value_where_stars_are_typed():
    first = form(headers="X-A: one\nX-B: two")
    assert first.is_valid()
    saved = first.submission()
    second = SubmissionForm(
        {"name": "Shop", "urls": URL, "authorised": "on", "headers": "X-A: ***\nX-C: three"}, saved=saved
    )
    assert second.is_valid(), second.errors
    values = {name: unseal(sealed) for name, sealed in second.submission().headers.items()}
    assert values == {"X-A": "one", "X-C": "three"}

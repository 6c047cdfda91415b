"""Left-out addresses and headers as they are typed."""

import pytest

from scans.encryption import unseal
from scans.forms.submission import SubmissionForm
from tests.forms.filled_in import URL, errors, form

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection", "TE", "Upgrade"])
@pytest.mark.parametrize("field", ["headers", "login_headers"])
def test_headers_of_the_connection_are_refused_without_their_value(field, name):
    said = errors(field, **{field: f"X-Fine: yes\n{name}: s3cr3t", "login_method": "headers"})
    assert f"Line 2 gives {name}" in said and "cannot be given" in said and "s3cr3t" not in said


@pytest.mark.parametrize("line", ["no colon", "X Y: z", "X-Tab: a\tb", ": value", "Cookie: a=b", "X-Kept: ***"])
def test_what_is_no_header_is_refused(line):
    assert "Line 1" in errors("headers", headers=line)


def test_a_header_is_given_once():
    assert "gives x-a again" in errors("headers", headers="X-A: 1\nx-a: 2")


@pytest.mark.parametrize("pattern", ["logout", "*", "/", "ftp://x/", "/a b", "/" + "x" * 200])
def test_what_is_no_pattern_of_addresses_is_refused(pattern):
    assert "is no pattern such as" in errors("left_out", left_out=pattern)


def test_patterns_that_leave_out_the_target_itself_are_refused():
    assert "leave out the target http://127.0.0.1:9/shop" in errors("left_out", urls=f"{URL}shop", left_out="/sh*")


def test_usual_patterns_can_be_ticked():
    ticked = form(left_out="/x", leave_out_usual=["*delete* *remove* *destroy*"])
    assert ticked.is_valid(), ticked.errors
    assert ticked.submission().left_out == "/x\n*delete*\n*remove*\n*destroy*"


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

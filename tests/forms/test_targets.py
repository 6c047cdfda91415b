"""The list of URLs to scan, line by line."""

import pytest

from scans.forms.targets import TargetsForm, offered
from tests.forms.filled_in import errors

pytestmark = pytest.mark.django_db


def test_each_line_has_its_url_or_the_reason_why_it_is_refused():
    form = TargetsForm(
        {"urls": "http://127.0.0.1:9/a\n# a comment\nhttp://127.0.0.1:9/a\nftp://x/\nwww.example.com/shop"}
    )
    assert not form.is_valid()
    assert [(line.place, line.url, bool(line.problem)) for line in form.lines] == [
        ("Line 1", "http://127.0.0.1:9/a", False),
        ("Line 3", "", True),
        ("Line 4", "", True),
        ("Line 5", "", True),
    ]
    assert form.errors["urls"] == [f"{line.place}: {line.problem}" for line in form.lines if line.problem]


@pytest.mark.parametrize(
    ("line", "offer"),
    [
        ("www.example.com", "https://www.example.com/"),
        ("example.com:8443/a", "https://example.com:8443/a"),
        ("example.com/to?url=http://other.example/", ""),
        ("ftp://example.com", ""),
        ("javascript:alert(1)", ""),
        ("mailto:ada@example.com", ""),
        ("ada:s3cr3t@example.com", ""),
        ("words", ""),
    ],
)
def test_an_address_without_a_scheme_is_offered_as_https(line, offer):
    assert offered(line) == offer


def test_the_refusal_of_an_address_without_a_scheme_offers_https():
    assert "Did you mean https://www.example.com/?" in errors("urls", urls="www.example.com")

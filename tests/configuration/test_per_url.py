"""Lines that hold for one URL of an analysis alone."""

import pytest

from scans.configuration.per_url import holding, joined, parted


@pytest.mark.parametrize(
    ("line", "url", "rest"),
    [
        ("/logout", "", "/logout"),
        ("https://h/out*", "", "https://h/out*"),
        ("https://h/  /logout", "https://h/", "/logout"),
        ("https://h/ X-Scan-Id: a b", "https://h/", "X-Scan-Id: a b"),
        ("X-Home: https://h/ x", "", "X-Home: https://h/ x"),
    ],
)
def test_a_line_that_begins_with_a_url_and_a_blank_is_for_this_url(line, url, rest):
    assert parted(line) == (url, rest) and parted(joined(url, rest)) == (url, rest)


def test_lines_for_all_come_first_and_those_of_other_urls_not_at_all():
    lines = ["https://a/ /1", "https://b/ /2", "/3"]
    assert list(holding(lines, "https://a/")) == [("", "/3"), ("https://a/", "/1")]

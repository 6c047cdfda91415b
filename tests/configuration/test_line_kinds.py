"""Options that are typed as lines, for all URLs or for one alone."""

import pytest
from django.core.exceptions import ValidationError

from scans.configuration.line_kinds import MAX_PATTERNS
from scans.configuration.options import OPTIONS

LEFT_OUT, HEADERS = (next(option for option in OPTIONS if option.name == name) for name in ("left_out", "headers"))


def test_a_cell_holds_several_patterns_but_one_header():
    assert LEFT_OUT.own_lines("/logout  /?do=*") == ["/logout", "/?do=*"]
    assert HEADERS.own_lines("X-Note: two words") == ["X-Note: two words"]


def test_what_holds_for_one_url_is_added_once():
    assert LEFT_OUT.merged("/all\nhttp://a/ /x", "http://a/ /x\nhttp://a/ /y") == "/all\nhttp://a/ /x\nhttp://a/ /y"
    assert HEADERS.merged({"X-A": "1"}, {"http://a/ X-A": "2"}) == {"X-A": "1", "http://a/ X-A": "2"}


def test_the_limit_of_patterns_holds_for_all_together():
    typed = "\n".join(f"/{number}" for number in range(MAX_PATTERNS))
    assert LEFT_OUT.merged(typed, "/0") == typed
    with pytest.raises(ValidationError, match=f"at most {MAX_PATTERNS}"):
        LEFT_OUT.merged(typed, "http://a/ /x")


def test_a_header_that_is_given_twice_for_one_url_is_refused():
    with pytest.raises(ValidationError, match="X-A is given twice"):
        HEADERS.merged({"X-A": "1"}, {"X-A": "2"})

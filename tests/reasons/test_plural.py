"""Sentences that depend on a number."""

import pytest
from django.utils import translation

from scans.reasons import SENTENCES, Reason, facts_of
from scans.reasons.plural import Plural


@pytest.mark.parametrize("code", sorted(code for code, sentence in SENTENCES.items() if isinstance(sentence, Plural)))
def test_one_is_worded_as_one_and_several_as_several_in_both_languages(code):
    [number] = facts_of(code)
    for language in ("en", "de"):
        with translation.override(language):
            one, two = str(Reason(code, **{number: 1})), str(Reason(code, **{number: 2}))
            assert one.replace("1", "2") != two and str(Reason(code, **{number: 0})) == two.replace("2", "0")
            assert str(Reason.from_json({"code": code, "facts": {}})) == two.replace("2", "…")


def test_a_wait_of_one_second_is_no_wait_of_1_seconds():
    assert str(Reason("pace_waits", count=1)).endswith("waiting for 1 second.")
    assert str(Reason("pace_slow", count=1)).startswith("Slowed down to 1 request a minute")

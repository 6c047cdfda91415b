"""How reasons are stored and read back."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from scans.login.base import Method
from scans.reasons import NO_REASON, Notice, NoticesField, Reason, as_reason
from scans.reasons.field import read, stored
from scans.statuses import Action, AnalysisStatus, UrlScanStatus
from tests.reasons.test_core import CODES, example


def test_every_code_is_stored_and_read_back_as_it_was():
    reasons = [example(code) for code in CODES]
    assert [read(stored(reason)) for reason in reasons] == reasons


@pytest.mark.parametrize(
    "fact",
    [
        "a text",
        7,
        2.5,
        datetime(2027, 3, 1, 18, tzinfo=UTC),
        timedelta(days=7),
        UrlScanStatus.STOPPED,
        AnalysisStatus.PAUSED,
        Action.PAUSE,
        Method.BASIC,
        Reason("logins_failed", count=51, failure=Reason("login_did_not_hold")),
    ],
    ids=str,
)
def test_facts_are_read_back_as_what_they_were(fact):
    reason = Reason("our_error", error=fact)
    again = read(stored(reason))
    assert again == reason and type(again.facts["error"]) is type(fact)


@pytest.mark.parametrize(
    "text", ["100 % {kept}", '{"code": "our_error", "facts": {"error": "x"}}', "{", "The owl.", "\n"]
)
def test_an_own_text_is_shown_as_it_is_whatever_it_looks_like(text):
    reason = read(stored(as_reason(text)))
    assert str(reason) == text and reason.code == "text"


def test_no_reason_is_false_and_empty():
    assert not NO_REASON and str(NO_REASON) == "" == stored("") and read(None) == read("") == NO_REASON


def test_what_another_version_stored_is_shown_all_the_same():
    assert str(read('{"code": "unheard_of", "facts": {"a": 1}}')) == "unheard_of"
    assert str(read('{"code": "our_error", "facts": {}}')) == "An error on our side: …"


def test_notices_are_stored_as_codes_and_facts_and_nothing_as_null():
    notices, field = [Notice("one_page", url="http://a/")], NoticesField()
    assert field.get_prep_value(notices) == [{"code": "one_page", "facts": {"url": "http://a/"}}]
    assert field.to_python(field.get_prep_value(notices)) == notices
    assert field.get_db_prep_save([], connection) is None and field.to_python(None) == [] == field.get_default()

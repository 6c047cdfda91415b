"""Whoever starts a process reads that the clock of its host is off."""

import io

import pytest
from django.db import OperationalError

from scans.management import clock


def said(monkeypatch, answer):
    def clock_ahead():
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(clock, "clock_ahead", clock_ahead)
    out = io.StringIO()
    clock.tell_of_clock(out)
    return out.getvalue()


@pytest.mark.parametrize(("ahead", "words"), [(42.04, "42.0 s ahead of"), (-3600, "3600.0 s behind")])
def test_a_clock_that_is_off_is_told_with_the_remedy(monkeypatch, ahead, words):
    text = said(monkeypatch, ahead)
    assert f"The clock of this host is {words} the database's." in text and "chrony" in text


@pytest.mark.parametrize("answer", [0, 1.9, -1.9, OperationalError("away")])
def test_nothing_is_said_of_a_right_clock_or_without_a_database(monkeypatch, answer):
    assert said(monkeypatch, answer) == ""

"""Sealed headers: opened for a scan, and sealed anew under the newest key."""

import pytest

from scans.configuration.secret_headers import opened, resealed, rules_of
from scans.encryption import KeyLost, seal
from scans.models import Analysis

OLD, NEW = "an older key of some length", "the newest key of some length"


def test_an_analysis_without_headers_has_no_rules():
    assert opened(None) == () == opened({})
    assert not rules_of(Analysis()).headers and not rules_of(Analysis()).leaves_out("http://h/logout")


def test_rules_hold_opened_headers_and_what_is_left_out():
    rules = rules_of(Analysis(headers={"X-Scan-Id": seal("owl")}, left_out=["/logout"]))
    assert rules.headers == (("X-Scan-Id", "owl"),) and rules.leaves_out("http://h/logout")


def test_headers_are_sealed_anew_and_a_lost_key_is_said(settings):
    settings.SCANS_SECRET_KEYS = [OLD]
    column = {"X-Scan-Id": seal("owl")}
    settings.SCANS_SECRET_KEYS = [NEW, OLD]
    again = resealed(column)
    settings.SCANS_SECRET_KEYS = [NEW]
    assert opened(again) == (("X-Scan-Id", "owl"),)
    with pytest.raises(KeyLost):
        opened(column)

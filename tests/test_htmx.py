"""Answering htmx: fragments, polls, and the addresses of pages."""

from types import SimpleNamespace

import pytest
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from scans.htmx import (
    NEVER,
    SELDOM,
    SOON,
    address,
    is_unchanged,
    seconds_between_polls,
    shown_address,
    unchanged,
    wants_fragment,
)

HTMX = {"HX-Request": "true"}


def asked(path: str = "/analyses/", **headers):
    request = RequestFactory().get(path, headers=headers)
    request.htmx = HtmxDetails(request)
    return request


def of(*finals: bool) -> list:
    return [SimpleNamespace(info=SimpleNamespace(final=final)) for final in finals]


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [({}, False), (HTMX, True), ({**HTMX, "HX-Boosted": "true"}, False)]
    + [({**HTMX, "HX-History-Restore-Request": "true"}, False)],
)
def test_only_a_swap_of_a_part_wants_a_fragment(headers, fragment):
    assert wants_fragment(asked(**headers)) is fragment


@pytest.mark.parametrize(
    ("current", "shown"),
    [
        ("http://testserver/analyses/?q=x", "/analyses/?q=x"),
        ("http://elsewhere.example/analyses/", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
def test_the_page_that_asks_is_one_of_ours_or_none(current, shown):
    assert shown_address(asked(**HTMX, **{"HX-Current-URL": current})) == shown


def test_a_poll_with_the_shown_version_is_answered_with_nothing():
    assert is_unchanged(asked("/analyses/?v=7", **HTMX), "7")
    assert not is_unchanged(asked("/analyses/?v=6", **HTMX), "7") and not is_unchanged(asked("/analyses/?v=7"), "7")
    assert (unchanged().status_code, unchanged()["Vary"]) == (204, "HX-Request")


@pytest.mark.parametrize(
    ("shown", "options", "seconds"),
    [
        (of(True, False), {}, SOON),
        (of(True), {}, NEVER),
        ([], {}, NEVER),
        (of(True), {"growing": True}, SELDOM),
        (of(True), {"beside": of(False)}, SELDOM),
        (of(True), {"beside": of(True)}, NEVER),
    ],
)
def test_polls_are_frequent_only_while_something_shown_can_change(shown, options, seconds):
    assert seconds_between_polls(shown, **options) == seconds


def test_the_address_of_a_page_lacks_the_version_of_a_poll():
    assert address(asked("/analyses/?v=7")) == "/analyses/"
    assert address(asked("/analyses/?q=a%26b&v=7&status=x")) == "/analyses/?q=a%26b&status=x"

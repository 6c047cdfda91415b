"""Bars, lengths of time that a script keeps up to date, and addresses of pages."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import RequestFactory

from scans.models import ActivityLogEntry
from scans.severities import SEVERITIES
from scans.statuses import Phase
from scans.templatetags.detail import (
    MIN_WIDTH,
    WIDTH,
    elapsed,
    is_refusal,
    page_address,
    phase_bar,
    remaining,
    severity_bar,
    severity_label,
)


def shares(svg: str) -> list[tuple[str, int, int]]:
    found = re.findall(r'<rect class="(\S+)" x="(\d+)" width="(\d+)"', svg)
    return [(name, int(x), int(width)) for name, x, width in found]


@pytest.mark.parametrize("counts", [{"critical": 1, "low": 100_000}, {"info": 1}, dict.fromkeys(SEVERITIES, 3)])
def test_shares_lie_side_by_side_fill_the_bar_and_can_be_seen(counts):
    drawn = shares(severity_bar({**dict.fromkeys(SEVERITIES, 0), **counts}))
    assert [name for name, _, _ in drawn] == [f"severity--{name}" for name in SEVERITIES if name in counts]
    assert [x for _, x, _ in drawn] == [sum(width for _, _, width in drawn[:number]) for number in range(len(drawn))]
    assert sum(width for _, _, width in drawn) == WIDTH and all(width >= MIN_WIDTH for _, _, width in drawn)


def test_a_bar_of_nothing_is_empty():
    assert shares(severity_bar(dict.fromkeys(SEVERITIES, 0))) == []


def test_phases_come_from_the_end_of_life_to_its_beginning():
    names = [name for name, _, _ in shares(phase_bar([(Phase.WAITING, 1), (Phase.ACTIVE, 2), (Phase.FINAL, 0)]))]
    assert names == ["phase--active", "phase--waiting"]


def test_times_are_told_and_kept_up_to_date(clock):
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    clock.move_to(now)
    assert elapsed(now - timedelta(hours=2)) == (
        '<time datetime="2027-03-01T10:00:00+00:00" title="2027-03-01 10:00:00 UTC" data-since>'
        "since 1 Mar 2027, 10:00</time>"
    )
    assert "data-until>until 1 Mar 2027, 14:00</time>" in remaining(now + timedelta(hours=2))


def test_another_page_keeps_the_rest_of_the_query_without_the_version_of_a_poll():
    request = RequestFactory().get("/?q=a%26b&page=2&v=7")
    assert page_address({"request": request}, "page", 3) == "?q=a%26b&page=3"


def test_a_refused_attempt_is_known_by_its_action():
    assert is_refusal(ActivityLogEntry(action="analysis.pause.refused"))
    assert not is_refusal(SimpleNamespace(action="analysis.paused")) and severity_label("high") == "High"

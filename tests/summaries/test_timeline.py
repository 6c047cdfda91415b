"""The states of an analysis and of a URL scan, read from the log."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor
from scans.statuses import AnalysisStatus
from scans.summaries import timeline as module
from scans.summaries.timeline import WIDTH, StatusPeriod, in_one_line, timeline
from tests import factories

pytestmark = pytest.mark.django_db


def labels(stays) -> list[str]:
    return [stay.status.code for stay in stays]


def paused_and_resumed(times: int):
    scan = factories.running().url_scans.get()
    for _ in range(times):
        transitions.pause(scan, by=Actor.COMMAND)
        transitions.confirm_pause(scan)
        transitions.resume(scan, by=Actor.COMMAND)
        factories.begin(scan)
    return scan


def test_a_url_scan_tells_each_of_its_states_in_order():
    scan = paused_and_resumed(1)
    began = ["submitted", "scheduled", "queued", "in_progress"]
    assert labels(timeline(scan, timezone.now())) == [*began, "pausing", "paused", "resuming", "in_progress"]


def test_an_analysis_tells_its_own_states_and_not_those_of_its_urls():
    analysis = factories.published("http://127.0.0.1:9/a", "http://127.0.0.1:9/b")
    ways = ["submitted", "scheduled", "queued", "in_progress", "completed_verifying_results"]
    assert labels(timeline(analysis, timezone.now())) == [*ways, "completed_results_available"]


def test_each_state_lasts_until_the_next_begins(clock):
    scan = factories.running().url_scans.get()
    clock.shift(timedelta(minutes=5))
    transitions.pause(scan, by=Actor.COMMAND)
    *_, running, pausing = timeline(scan, timezone.now())
    assert timedelta(minutes=5) <= running.lasted < timedelta(minutes=5, seconds=30)
    assert running.until == pausing.since and pausing.lasted is None


def test_the_strip_is_filled_in_proportion_and_each_state_can_be_seen(clock):
    scan = factories.running().url_scans.get()
    clock.shift(timedelta(hours=1))
    stays = timeline(scan, timezone.now())
    edges = [(stay.x, stay.x + stay.width) for stay in stays]
    assert edges[0][0] == 0 and edges[-1][1] == WIDTH
    assert all(end == begin for (_, end), (begin, _) in zip(edges, edges[1:], strict=False))
    assert all(stay.width >= module.MIN_WIDTH - 1 for stay in stays)
    assert stays[-1].width > WIDTH * 0.9  # it has run for nearly all of the time


def test_a_final_state_takes_no_room_from_what_led_to_it(clock):
    analysis = factories.published()
    clock.shift(timedelta(days=300))
    assert timeline(analysis, timezone.now())[-1].width <= module.MIN_WIDTH + 1


def test_only_the_newest_states_of_very_many_are_told(monkeypatch):
    monkeypatch.setattr(module, "MAX_STATES", 6)
    scan = paused_and_resumed(2)
    assert labels(timeline(scan, timezone.now())) == [
        *("resuming", "in_progress"),
        *("pausing", "paused", "resuming", "in_progress"),
    ]


def test_it_takes_one_query(django_assert_num_queries):
    scan = paused_and_resumed(1)
    with django_assert_num_queries(1):
        timeline(scan, timezone.now())


def test_one_line_leaves_out_what_lasted_less_than_a_second_and_what_is_long_ago():
    now = timezone.now()
    seconds = [0.2, 5, 0.9, 60, *[2] * module.MAX_IN_LINE]
    ends = [now + timedelta(seconds=each) for each in seconds]
    periods = [StatusPeriod(AnalysisStatus.QUEUED.info, now, until, pk) for pk, until in enumerate(ends)]
    periods.append(StatusPeriod(AnalysisStatus.PAUSED.info, now, None, 99))
    line = in_one_line(periods)
    assert len(line.steps) == module.MAX_IN_LINE and line.steps[-1].entry_id == 99
    assert line.folded == len(periods) - module.MAX_IN_LINE
    assert [step.entry_id for step in in_one_line(periods[:4]).steps] == [1, 3]

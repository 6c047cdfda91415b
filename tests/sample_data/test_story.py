"""A story reads as the log of a real analysis."""

from datetime import timedelta

import pytest

from scans import transitions
from scans.models import Actor
from scans.sample_data.stories import finished
from scans.statuses import (
    EndedBy,
    UrlScanStatus,
)

pytestmark = pytest.mark.django_db


def test_a_story_reads_as_the_log_of_a_real_analysis():
    """Driven through the real verbs, a prescanned analysis of two URLs writes what its story says."""
    submission = transitions.Submission(
        name="Real", urls=("http://localhost/a", "http://localhost/b"), duration=timedelta(hours=1)
    )
    analysis = transitions.submit(submission, by=Actor.COMMAND)
    first, second = analysis.url_scans.order_by("position")
    transitions.begin_prescan(analysis)
    transitions.fail_checks(second, UrlScanStatus.CONNECTION_ERROR, step="name resolution", reason="")
    transitions.end_prescan(analysis, checked=2, passed=1)
    transitions.schedule(analysis)
    transitions.start(analysis)
    transitions.begin(first, engine="Wapiti", version="3.2.3")
    transitions.end(first, EndedBy.ITSELF, by=Actor.ENGINE)
    transitions.conclude_verification(first, {"confirmed": 0, "not_reproduced": 0, "not_replayable": 0})
    story = next(
        story
        for _, story in finished()
        if [scan.status for scan in story.scans] == ["completed_results_available", "connection_error"]
    )
    told = [(e.position, e.action, e.from_status, e.to_status, e.data) for e in story.entries]
    written = [
        (e.url_scan and e.url_scan.position, e.action, e.from_status, e.to_status, e.data)
        for e in analysis.activity.order_by("pk")
    ]
    assert written == told
    actors = [e.actor.replace("command", "user") for e in analysis.activity.order_by("pk")]
    assert actors == [e.actor for e in story.entries]

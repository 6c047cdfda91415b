"""The statuses in the order in which they are passed."""

import pytest

from scans.statuses import ANALYSIS_STATUSES, URL_SCAN_MOVES, URL_SCAN_STATUSES, Phase
from scans.statuses.analysis_moves import analysis_moves
from scans.summaries.status_flow import analysis_flow, url_scan_flow


@pytest.mark.parametrize(
    ("flow", "catalogue", "moves"),
    [(analysis_flow, ANALYSIS_STATUSES, analysis_moves), (url_scan_flow, URL_SCAN_STATUSES, lambda: URL_SCAN_MOVES)],
    ids=["analysis", "URL scan"],
)
def test_every_status_stands_once_in_its_phase_with_those_that_may_follow(flow, catalogue, moves):
    assert [phase for phase, _ in flow()] == list(Phase)
    steps = [step for phase, found in flow() for step in found if step.status.phase == phase]
    assert sorted(step.status.code for step in steps) == sorted(catalogue)
    for step in steps:
        assert {status.code for status in step.following} == set(moves()[step.status.choice])


def test_a_status_stands_after_those_that_lead_to_it_sooner():
    waiting = [step.status.code for step in dict(url_scan_flow())[Phase.WAITING]]
    assert waiting.index("submitted") < waiting.index("scheduled") < waiting.index("queued")

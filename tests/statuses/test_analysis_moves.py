"""The moves of an analysis' status, computed from those of its URL scans."""

from functools import cache

from scans.statuses import AnalysisStatus as A
from scans.statuses.analysis_moves import analysis_moves

moves = cache(analysis_moves)


def test_an_ended_analysis_moves_nowhere_and_any_other_somewhere():
    assert {status for status, following in moves().items() if not following} == {
        status for status in A if status.info.final
    }


def test_every_status_is_reached_from_the_first():
    reached, to_visit = {A.SAVED_FOR_LATER}, [A.SAVED_FOR_LATER]
    while to_visit:
        new = moves()[to_visit.pop()] - reached
        reached |= new
        to_visit += new
    assert reached == set(A)


def test_no_status_moves_to_itself():
    assert not any(status in following for status, following in moves().items())


def test_a_paused_analysis_can_run_again_and_a_running_one_is_never_saved_for_later_again():
    assert A.IN_PROGRESS in moves()[A.PAUSED]
    assert A.SAVED_FOR_LATER not in moves()[A.IN_PROGRESS]

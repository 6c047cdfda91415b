"""The action that the summary offers first."""

import pytest

from scans.models import Analysis
from scans.statuses import Action, AnalysisStatus
from scans.summaries.next_action import next_action

A = AnalysisStatus


def offered(status, *allowed, **facts) -> str:
    return next_action(Analysis(status=status), {action.value for action in allowed}, **facts)


@pytest.mark.parametrize(
    ("status", "allowed", "facts", "expected"),
    [
        (A.SAVED_FOR_LATER, [Action.EDIT, Action.SUBMIT], {}, "submit"),
        (A.NOT_SUBMITTED, [Action.SUBMIT], {}, "submit"),
        (A.PAUSED, [Action.RESUME], {}, "resume"),
        (A.IN_PROGRESS, [Action.RESUME, Action.PAUSE], {}, ""),
        (A.COMPLETED_VERIFYING_RESULTS, [Action.PUBLISH], {"review": {"since": None}}, ""),
        (A.COMPLETED_VERIFYING_RESULTS, [Action.PUBLISH], {"review": {"since": 1, "left": 3}}, "review"),
        (A.COMPLETED_VERIFYING_RESULTS, [Action.PUBLISH], {"review": {"since": 1, "left": 0}}, "publish"),
        (A.COMPLETED_RESULTS_AVAILABLE, [Action.RUN_AGAIN], {"open_weaknesses": 2}, "findings"),
        (A.COMPLETED_RESULTS_AVAILABLE, [Action.RUN_AGAIN], {}, ""),
        (A.ALL_VERIFICATIONS_FAILED, [Action.RUN_AGAIN], {"has_failed_urls": True}, "correct"),
    ],
)
def test_the_next_step_is_a_button_where_there_is_something_to_press(status, allowed, facts, expected):
    assert offered(status, *allowed, **facts) == expected


def test_a_reader_who_may_do_nothing_is_offered_results_only():
    assert offered(A.SAVED_FOR_LATER) == offered(A.PAUSED) == ""
    assert offered(A.COMPLETED_VERIFYING_RESULTS, review={"since": 1}) == ""
    assert offered(A.ALL_VERIFICATIONS_FAILED, has_failed_urls=True) == ""
    assert offered(A.COMPLETED_RESULTS_AVAILABLE, open_weaknesses=1) == "findings"

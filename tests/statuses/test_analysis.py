"""The catalogue of an analysis's statuses."""

from scans.statuses import (
    ANALYSIS_STATUSES,
    Action,
)


def test_only_ended_statuses_allow_nothing_or_a_new_start():
    for status in ANALYSIS_STATUSES.values():
        if status.final:
            assert status.actions <= {Action.RUN_AGAIN, Action.CONTINUE, Action.DELETE, Action.VERIFY}

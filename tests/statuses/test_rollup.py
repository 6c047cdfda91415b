"""The roll-up: an answer for every combination, and the rules that decide between them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scans.statuses import FAILED_VERIFICATION, AnalysisStatus, Phase, Results
from scans.statuses import UrlScanStatus as U
from scans.statuses.rollup import Facts, rollup

A = AnalysisStatus
combinations = st.lists(st.sampled_from(list(U)), min_size=1, max_size=8)
facts = st.builds(
    Facts,
    submitted=st.booleans(),
    prescanning=st.booleans(),
    started=st.booleans(),
    stop_mode=st.sampled_from(["", "save", "delete"]),
)
ENDED = [status for status in U if status.info.phase in (Phase.REVIEW, Phase.FINAL)]


@given(combinations, facts)
@settings(max_examples=4 * settings.default.max_examples)
def test_every_combination_has_an_answer(statuses, facts):
    assert rollup(statuses, facts) in AnalysisStatus


@given(combinations, facts)
def test_order_and_number_do_not_matter(statuses, facts):
    assert rollup(statuses, facts) == rollup(list(reversed(statuses)) * 2, facts)


@given(combinations, facts.filter(lambda facts: facts.submitted))
@settings(max_examples=4 * settings.default.max_examples)
def test_final_exactly_when_every_url_scan_is(statuses, facts):
    after = rollup(statuses, facts)
    unfinished = {s for s in statuses if not s.info.final}
    if after == A.NOT_SUBMITTED:
        assert set(statuses) == {U.SUBMIT_FAILED}
    elif after.info.final:
        assert unfinished <= {U.SUBMIT_FAILED}
    else:
        assert unfinished


@given(st.lists(st.sampled_from(ENDED), min_size=1, max_size=6), facts.filter(lambda facts: facts.submitted))
@settings(max_examples=4 * settings.default.max_examples)
def test_results_are_promised_exactly_when_there_are_some(statuses, facts):
    after = rollup(statuses, facts).info.results
    kinds = {status.info.results for status in statuses}
    if Results.VERIFYING in kinds:
        assert after == Results.VERIFYING
    elif Results.AVAILABLE in kinds:
        assert after == Results.AVAILABLE
    else:
        assert after == Results.NONE


@pytest.mark.parametrize(
    ("statuses", "facts", "expected"),
    [
        ([U.SUBMITTED], Facts(submitted=False), A.SAVED_FOR_LATER),
        ([U.SUBMITTED], Facts(submitted=False, prescanning=True), A.PRESCANNING),
        ([U.SUBMITTED, U.CONNECTION_ERROR], Facts(submitted=False), A.SAVED_FOR_LATER),
        ([U.CONNECTION_ERROR], Facts(submitted=False), A.ALL_VERIFICATIONS_FAILED),
        ([U.SUBMITTED], Facts(), A.SUBMITTED),
        ([U.SUBMIT_FAILED, U.SUBMIT_FAILED], Facts(), A.NOT_SUBMITTED),
        ([U.SUBMITTED, U.CONNECTION_ERROR], Facts(prescanning=True), A.PRESCANNING),
        ([U.SCHEDULED, U.SUBMIT_FAILED], Facts(), A.SCHEDULED),
        ([U.QUEUED_WITH_WARNING, U.QUEUED], Facts(), A.QUEUED),
        ([U.QUEUED_WITH_WARNING, U.CONNECTION_ERROR], Facts(), A.QUEUED),
        ([U.IN_PROGRESS, U.QUEUED], Facts(started=True), A.IN_PROGRESS),
        ([U.COMPLETED_RESULTS_AVAILABLE, U.QUEUED], Facts(started=True), A.IN_PROGRESS),
        ([U.IN_PROGRESS, U.CONNECTION_ERROR], Facts(started=True), A.IN_PROGRESS_WITH_WARNING),
        ([U.PAUSED, U.COMPLETED_VERIFYING_RESULTS], Facts(started=True), A.PAUSED),
        ([U.PAUSED, U.PAUSING], Facts(started=True), A.IN_PROGRESS),
        ([U.STOPPING_SAVING_RESULTS], Facts(started=True, stop_mode="save"), A.STOPPED_SAVING_RESULTS),
        ([U.STOPPING_DELETING_RESULTS], Facts(started=True, stop_mode="delete"), A.STOPPED_DELETING_RESULTS),
        ([*FAILED_VERIFICATION], Facts(), A.ALL_VERIFICATIONS_FAILED),
        ([U.COMPLETED_VERIFYING_RESULTS], Facts(started=True), A.COMPLETED_VERIFYING_RESULTS),
        (
            [U.COMPLETED_VERIFYING_RESULTS, U.CONNECTION_ERROR],
            Facts(started=True),
            A.COMPLETED_VERIFYING_PARTIAL_RESULTS,
        ),
        ([U.COMPLETED_RESULTS_AVAILABLE], Facts(started=True), A.COMPLETED_RESULTS_AVAILABLE),
        (
            [U.COMPLETED_RESULTS_AVAILABLE, U.STOPPED],
            Facts(started=True),
            A.COMPLETED_PARTIAL_RESULTS_AVAILABLE,
        ),
        (
            [U.SITE_UNREACHABLE_RESULTS_AVAILABLE],
            Facts(started=True),
            A.COMPLETED_PARTIAL_RESULTS_AVAILABLE,
        ),
        (
            [U.COMPLETED_VERIFYING_RESULTS],
            Facts(started=True, stop_mode="save"),
            A.STOPPED_VERIFYING_RESULTS,
        ),
        (
            [U.STOPPED_VERIFYING_PARTIAL_RESULTS, U.TIME_EXPIRED_STOPPED],
            Facts(started=True, stop_mode="save"),
            A.STOPPED_VERIFYING_PARTIAL_RESULTS,
        ),
        (
            [U.STOPPED_PARTIAL_RESULTS_AVAILABLE, U.COMPLETED_RESULTS_AVAILABLE],
            Facts(started=True, stop_mode="save"),
            A.STOPPED_PARTIAL_RESULTS_AVAILABLE,
        ),
        ([U.TIME_EXPIRED_STOPPED, U.CONNECTION_ERROR], Facts(started=True), A.STOPPED_SCAN_DURATION_ENDED),
        (
            [U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, U.TIME_EXPIRED_STOPPED],
            Facts(started=True),
            A.STOPPED_SCAN_DURATION_ENDED_WITH_PARTIAL_RESULTS,
        ),
        (
            [U.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS, U.COMPLETED_RESULTS_AVAILABLE],
            Facts(started=True),
            A.TIME_EXPIRED_VERIFYING_PARTIAL_RESULTS,
        ),
        (
            [U.TIME_EXPIRED_PARTIAL_RESULTS_AVAILABLE],
            Facts(started=True),
            A.COMPLETED_PARTIAL_RESULTS_AVAILABLE,
        ),
        ([U.TECHNICAL_ISSUE_STOPPED, U.CONNECTION_ERROR], Facts(started=True), A.STOPPED_TECHNICAL_ISSUE),
        ([U.STOPPED], Facts(stop_mode="delete"), A.STOPPED),
        ([U.STOPPED, U.TIME_EXPIRED_STOPPED], Facts(started=True), A.STOPPED),
    ],
)
def test_each_status_holds_when_its_rule_says(statuses, facts, expected):
    assert rollup(statuses, facts) == expected


def test_an_analysis_without_url_scans_is_an_error():
    with pytest.raises(ValueError, match="without URL scans"):
        rollup([], Facts())

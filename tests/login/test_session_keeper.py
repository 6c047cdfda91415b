"""Logging in again while a scan runs: which login counts as failed, and when nobody logs in any more."""

import threading

import pytest

from scans.login.outcome import LoginFailed
from scans.login.session_keeper import LoginKeeper
from scans.reasons import Reason
from scans.timing import Timing
from tests.eventually import eventually


@pytest.mark.parametrize(("seconds_to_hold", "in_a_row"), [(0, 0), (60, 50)])
def test_a_login_that_held_ends_a_row_of_failed_ones_across_a_pause(seconds_to_hold, in_a_row):
    timing = Timing(login_holds=seconds_to_hold)
    keeper = LoginKeeper(lambda: None, succeeded=2, failed=50, in_a_row=50, timing=timing)  # of a scan that resumes
    keeper.lost()
    assert (keeper.in_a_row, keeper.failed) == (in_a_row, 50)
    keeper.finish()


def test_a_login_of_which_the_engine_knows_what_ended_it_did_not_fail():
    keeper = LoginKeeper(lambda: "a login", succeeded=1, failed=2, in_a_row=2)
    keeper.lost()
    eventually(keeper.new_login)
    keeper.lost(explained=True)
    assert (keeper.in_a_row, keeper.failed) == (2, 2)
    keeper.finish()


def test_a_login_that_does_not_hold_is_not_explained_by_one_that_failed_before_it():
    outcomes = [LoginFailed("page_unreachable", Reason("page_asks_again", url="http://a/"), "login"), "a login"]

    def log_in():
        outcome = outcomes.pop(0)
        if isinstance(outcome, LoginFailed):
            raise outcome
        return outcome

    keeper = LoginKeeper(log_in, succeeded=1, failed=0, in_a_row=0)
    keeper.lost()
    eventually(keeper.new_login)
    keeper.lost()
    assert keeper.in_a_row == 2 and keeper.failure is None
    keeper.finish()


def test_nobody_logs_in_any_more_once_the_scan_is_over(settings):
    settings.SCANS_SECONDS_BETWEEN_LOGINS = 0.3
    attempts = []
    keeper = LoginKeeper(lambda: attempts.append("an attempt"), succeeded=1, failed=0, in_a_row=0)
    keeper.lost()
    keeper.finish()
    eventually(lambda: not any(thread.name.startswith("login") for thread in threading.enumerate()))
    assert not attempts

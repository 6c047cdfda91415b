"""How a login ended: reasons with a next step, and no secret."""

import logging
import traceback

import pytest

from scans.login.base import Login, Method
from scans.login.logging_in import log_in
from scans.login.outcome import REASONS, LoginFailed
from scans.reasons import Reason
from scans.targets.policy import TargetPolicy
from tests.sites.guarded import GuardedSite


@pytest.mark.parametrize("method", [Method.FORM, Method.BASIC, Method.DIGEST, Method.HEADERS])
def test_no_failure_log_or_result_shows_a_secret(method, caplog):
    caplog.set_level(logging.DEBUG)
    password = "correct-horse-battery"
    login = Login(method=method, username="alice", password=password, headers=f"Authorization: {password}")
    with GuardedSite(refused=(500, f"<p>{password}</p>")) as site, pytest.raises(LoginFailed) as failed:
        log_in(login, site.url, ("127.0.0.1",), TargetPolicy(["127.0.0.0/8"]))
    shown = [*traceback.format_exception(failed.value), repr(failed.value), str(vars(failed.value)), caplog.text]
    assert password not in " ".join(shown)


def test_every_reason_has_a_next_step_that_is_a_sentence():
    steps = [str(LoginFailed(code, Reason("not_used"), "login").next_step) for code in REASONS]
    assert len(steps) > 20 and all(step[0].isupper() and step.endswith(".") for step in steps)

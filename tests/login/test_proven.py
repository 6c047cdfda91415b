"""What is kept of a proven login, and patterns that cannot tell."""

import threading
from itertools import pairwise
from time import monotonic

import pytest

from scans.login.outcome import LoginFailed
from tests.login.entering import entered
from tests.sites.guarded import MEMBERS_PAGE, GuardedSite


@pytest.mark.parametrize("pattern", ["Hello", "*[", r"\p{Lu}"])
def test_a_pattern_of_logged_out_pages_that_cannot_tell_them_is_refused(pattern):
    with GuardedSite() as site, pytest.raises(LoginFailed) as failed:
        entered(site, logged_out=pattern)
    assert failed.value.reason == "pattern_useless"


def test_a_pattern_that_takes_for_ever_is_given_up_and_holds_nobody_up(monkeypatch):
    monkeypatch.setattr("scans.login.proven.SECONDS_FOR_A_PATTERN", 2)
    page = f"{MEMBERS_PAGE}<p>~ {'a' * 60}!</p>~"
    beats, over = [], threading.Event()

    def beat():
        while not over.wait(0.02):
            beats.append(monotonic())

    heart = threading.Thread(target=beat)
    with GuardedSite(members_page=page) as site, pytest.raises(LoginFailed, match="takes longer than") as failed:
        heart.start()
        try:
            entered(site, logged_out="(a|aa)+~")
        finally:
            over.set()
            heart.join()
    assert failed.value.reason == "pattern_useless"
    assert (
        max(after - before for before, after in pairwise(beats)) < 1.5
    )  # as leases are renewed; on a busy machine, too

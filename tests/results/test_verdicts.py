"""A verdict is an outcome with its reason."""

from scans.models import Replay
from scans.reasons import Reason
from scans.results.verdicts import NotReplayable, Refused, confirmed, not_replayable, not_reproduced


def test_a_verdict_has_its_outcome_and_reason():
    assert confirmed("file_there").replay == Replay.CONFIRMED
    assert not_reproduced("file_empty").replay == Replay.NOT_REPRODUCED
    assert not_replayable("is_down_now", status=502).reason == Reason("is_down_now", status=502)


def test_a_refusal_is_one_of_the_looks_that_tell_nothing():
    assert isinstance(Refused("is_down_now", status=502), NotReplayable)

"""Verdicts on a replayed finding: confirmed, not reproduced or not replayable, each with its reason."""

from dataclasses import dataclass
from functools import partial

from scans.models import Replay
from scans.reasons import Reason, Reasoned


@dataclass(frozen=True)
class Verdict:
    """The outcome of a replay, and the reason. `looked`: the site answered, so that there was something to look at."""

    replay: Replay
    reason: Reason
    looked: bool = True


class NotReplayable(Reasoned, ValueError):
    """Nobody can tell from a replay whether the finding's weakness is still there."""


class Refused(NotReplayable):
    """The site turned the request away or was down. Another look may tell more."""


def _verdict(replay: Replay, code: str, /, **facts) -> Verdict:
    return Verdict(replay, Reason(code, **facts))


confirmed = partial(_verdict, Replay.CONFIRMED)
not_reproduced = partial(_verdict, Replay.NOT_REPRODUCED)
not_replayable = partial(_verdict, Replay.NOT_REPLAYABLE)

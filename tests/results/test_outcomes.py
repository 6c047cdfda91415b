"""Storing outcomes: the first one of each finding, and a new one only if there was something to look at."""

import pytest

from scans.models import Replay
from scans.reasons import Reason
from scans.results.outcomes import Outcomes, OutcomesAgain
from scans.results.verdicts import Verdict, confirmed, not_reproduced
from tests import factories

pytestmark = pytest.mark.django_db
LOST = Verdict(Replay.NOT_REPLAYABLE, Reason("is_down_now", status=502), looked=False)


def test_the_first_outcome_is_stored_with_the_time_of_the_look():
    scan = factories.ended(number_of_findings=2).url_scans.get()
    outcomes, (first, second) = Outcomes(scan), scan.findings.order_by("pk")
    outcomes.store(first, confirmed("file_there"))
    outcomes.mark_rest(LOST.reason)
    first, second = map(factories.fresh, (first, second))
    assert first.replay == Replay.CONFIRMED and first.replayed_at
    assert second.replay == Replay.NOT_REPLAYABLE and second.replayed_at is None
    assert not outcomes.todo().exists()


def test_a_later_outcome_replaces_the_first_only_after_a_look():
    scan = factories.published().url_scans.get()
    scan.findings.update(verify_asked_at=scan.verified_at, replay_reason=Reason("file_there"))
    outcomes = OutcomesAgain(scan)
    outcomes.store(outcomes.todo().get(), LOST)
    finding = scan.findings.get()
    assert finding.replay == Replay.CONFIRMED and finding.replay_reason.facts["then"] == Reason("file_there")
    outcomes.store(finding, not_reproduced("file_empty"))
    finding = scan.findings.get()
    assert (finding.replay, finding.replay_reason) == (Replay.NOT_REPRODUCED, Reason("file_empty"))
    assert outcomes.counts == {"confirmed": 0, "not_reproduced": 1, "not_replayable": 0, "not_looked_at": 1}
    assert outcomes.why_not_looked == LOST.reason and not outcomes.todo().exists()

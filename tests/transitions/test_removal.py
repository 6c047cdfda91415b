"""The mark that asks for the removal of data: it stays until the data has gone, or the removal was given up."""

import pytest

from scans import transitions
from scans.models import Actor
from scans.reasons import Reason
from tests import factories as make
from tests.rows import tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked():
    """An analysis whose data is to be removed."""
    analysis = make.published()
    transitions.ask_for_removal(analysis)
    return make.fresh(analysis)


def test_asking_marks_the_analysis_and_queues_the_task(asked):
    assert asked.removal_asked_at and tasks("remove_data") == [asked.pk]


def test_the_mark_goes_with_the_data(asked):
    transitions.conclude_removal(asked)
    assert make.fresh(asked).removal_asked_at is None


def test_what_is_asked_for_meanwhile_stays_asked_for(asked):
    transitions.ask_for_removal(asked)
    transitions.conclude_removal(asked)
    assert make.fresh(asked).removal_asked_at


def test_a_removal_that_is_given_up_is_marked_and_logged_until_it_is_asked_for_again(asked):
    transitions.give_up_removal(asked, reason=Reason("worker_lost", count=12))
    given_up = make.fresh(asked)
    assert given_up.removal_asked_at is None and given_up.removal_failed_at and given_up.version > asked.version
    entry = asked.activity.get(action="analysis.removal_failed")
    assert entry.actor == Actor.SCHEDULER and "lost 12 times" in str(entry.reason)
    transitions.ask_for_removal(asked)
    assert make.fresh(asked).removal_failed_at is None

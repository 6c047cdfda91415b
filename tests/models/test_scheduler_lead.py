"""Of all schedulers one leads, by the database's clock; what a former leader still wants to write is refused."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from scans.models import SchedulerLead
from scans.models.scheduler_lead import LeadLost
from tests.eventually import at_once

pytestmark = pytest.mark.django_db


def expire():
    """The leader has not renewed its lead for a long time, which no test can wait for."""
    SchedulerLead.objects.update(until=F("until") - timedelta(hours=1))


def test_one_leads_until_it_gives_the_lead_back():
    assert SchedulerLead.leader() == ""
    assert SchedulerLead.take("first") and not SchedulerLead.take("second")
    assert SchedulerLead.leader() == "first"
    SchedulerLead.give_back("second")  # which has none
    assert SchedulerLead.leader() == "first"
    SchedulerLead.give_back("first")
    assert SchedulerLead.take("second") and SchedulerLead.leader() == "second"


def test_a_leader_that_fell_silent_is_replaced_and_writes_nothing_more():
    SchedulerLead.take("frozen")
    expire()
    assert SchedulerLead.leader() == "" and SchedulerLead.take("second")
    with pytest.raises(LeadLost, match="frozen"):
        SchedulerLead.hold("frozen")
    SchedulerLead.hold("second")


def test_a_leader_that_woke_up_in_time_still_leads():
    SchedulerLead.take("slow")
    expire()
    SchedulerLead.hold("slow")
    assert SchedulerLead.leader() == "slow" and not SchedulerLead.take("second")


def test_the_clock_of_a_host_does_not_matter(clock):
    SchedulerLead.take("first")
    clock.shift(timedelta(days=1))
    assert SchedulerLead.leader() == "first" and not SchedulerLead.take("second")
    since = SchedulerLead.objects.get().since
    assert timezone.now() - since > timedelta(hours=23)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_come_at_once_one_leads():
    assert sorted(at_once(lambda: SchedulerLead.take("first"), lambda: SchedulerLead.take("second"))) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_the_lead_while_the_leader_writes():
    SchedulerLead.take("first")
    expire()
    with transaction.atomic():
        SchedulerLead.hold("first")
        taken = at_once(lambda: SchedulerLead.take("second")) if _others_may_look() else [False]
    assert taken == [False] and not SchedulerLead.take("second")


def _others_may_look() -> bool:
    """Whether another connection gets an answer while this one writes; SQLite lets it wait."""
    return transaction.get_connection().features.has_select_for_update_skip_locked

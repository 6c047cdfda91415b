"""Decisions about a weakness: marks, taking them back, acceptance with a last day, and what is found again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from scans import transitions
from scans.models import Actor, Mark, OpenFindings, TriageMark
from scans.transitions import MarkedMeanwhile, NotPermitted, TransitionRefused
from scans.workers import scheduler
from tests import factories as make

pytestmark = pytest.mark.django_db


def weakness(analysis=None):
    return (analysis or make.published(name="Shop")).url_scans.get().findings.first()


def the_mark() -> TriageMark:
    return TriageMark.objects.get()


def decided(finding, mark=Mark.CONFIRMED, **facts):
    transitions.mark(finding, mark=mark, by=facts.pop("by", Actor.COMMAND), **facts)
    return the_mark()


def test_a_decision_upon_another_one_is_refused_and_changes_nothing():
    finding, first, second = weakness(), make.user("Reviewer"), make.user("Reviewer")
    decided(finding, Mark.FALSE_POSITIVE, by=first, comment="a test page", seen=0)
    with pytest.raises(MarkedMeanwhile, match=f"{first} has marked it as “False positive”"):
        transitions.mark(finding, by=second, mark=Mark.CONFIRMED, seen=0)
    assert (the_mark().mark, the_mark().comment, the_mark().user) == ("false_positive", "a test page", first)
    decided(finding, Mark.CONFIRMED, by=second, seen=1)
    assert the_mark().mark == "confirmed"


def test_the_same_decision_twice_is_one():
    finding = weakness()
    for _ in range(2):
        decided(finding, Mark.CONFIRMED, comment="yes", seen=0)
    assert the_mark().version == 1 and the_mark().previous["mark"] == "unreviewed"
    assert finding.url_scan.activity.filter(action="url_scan.finding_marked").count() == 1


def test_the_last_decision_is_taken_back_with_its_comment_and_day_and_only_once():
    finding, day = weakness(), timezone.localdate() + timedelta(days=9)
    decided(finding, Mark.ACCEPTED, comment="known", accepted_until=day)
    decided(finding, Mark.FIXED)
    transitions.take_back(finding, by=Actor.COMMAND, seen=2)
    assert (the_mark().mark, the_mark().comment, the_mark().accepted_until) == ("accepted", "known", day)
    entry = finding.url_scan.activity.get(action="url_scan.finding_mark_taken_back")
    assert (entry.data["before"], entry.data["after"]) == ("fixed", "accepted")
    with pytest.raises(TransitionRefused, match="no decision to take back"):
        transitions.take_back(finding, by=Actor.COMMAND, seen=3)


def test_a_decision_of_somebody_else_is_not_taken_back_by_mistake():
    finding = weakness()
    decided(finding, Mark.FIXED)
    decided(finding, Mark.CONFIRMED, by=make.user("Reviewer"))
    with pytest.raises(MarkedMeanwhile):
        transitions.take_back(finding, by=Actor.COMMAND, seen=1)
    assert the_mark().mark == "confirmed"


def test_every_verb_takes_the_role_reviewer():
    finding, submitter = weakness(), make.user("Submitter")
    for verb in (
        lambda: transitions.mark(finding, by=submitter, mark=Mark.FIXED),
        lambda: transitions.take_back(finding, by=submitter, seen=0),
        lambda: transitions.assign(finding, by=submitter, assignee=submitter),
    ):
        with pytest.raises(NotPermitted):
            verb()
    assert not TriageMark.objects.exists()


def test_only_what_is_accepted_has_a_last_day_and_that_is_not_over():
    finding, today = weakness(), timezone.localdate()
    with pytest.raises(TransitionRefused, match="is over"):
        decided(finding, Mark.ACCEPTED, accepted_until=today - timedelta(days=1))
    assert decided(finding, Mark.FIXED, accepted_until=today).accepted_until is None
    assert decided(finding, Mark.ACCEPTED, accepted_until=today).accepted_until == today


def test_an_acceptance_whose_day_is_over_ends_and_is_logged():
    finding, today = weakness(), timezone.localdate()
    decided(finding, Mark.ACCEPTED, accepted_until=today)
    make.carry_out(scheduler.end_acceptances)
    assert the_mark().mark == "accepted"  # through its last day
    TriageMark.objects.update(accepted_until=today - timedelta(days=1))
    make.carry_out(scheduler.end_acceptances)
    assert (the_mark().mark, the_mark().reopened, the_mark().accepted_until) == ("unreviewed", "expired", None)
    entry = finding.url_scan.activity.get(action="url_scan.finding_acceptance_ended")
    assert entry.actor == Actor.SCHEDULER and entry.data["before"] == "accepted"
    assert list(scheduler.end_acceptances()) == []
    OpenFindings.count()
    assert OpenFindings.kept().last().total == 1


def test_an_acceptance_ends_even_if_no_run_is_left_that_shows_the_weakness():
    finding = weakness()
    decided(finding, Mark.ACCEPTED, accepted_until=timezone.localdate())
    TriageMark.objects.update(accepted_until=timezone.localdate() - timedelta(days=1), fingerprint="gone")
    make.carry_out(scheduler.end_acceptances)
    assert the_mark().mark == "unreviewed"


def test_a_fixed_weakness_that_a_later_run_finds_is_open_again_and_says_so():
    decided(weakness(), Mark.FIXED)
    again = make.published(name="Shop")
    assert (the_mark().mark, the_mark().reopened) == ("unreviewed", "found_again")
    entry = again.activity.get(action="url_scan.finding_found_again")
    assert (entry.data["before"], entry.data["after"]) == ("fixed", "unreviewed")


def test_what_is_marked_as_fixed_during_a_run_stays_so_and_so_does_what_is_not_found():
    first = make.published(name="Shop", number_of_findings=2)
    gone = first.url_scans.get().findings.last()
    transitions.mark(gone, by=Actor.COMMAND, mark=Mark.FIXED)
    second = make.ended(name="Shop")
    transitions.mark(weakness(second), by=Actor.COMMAND, mark=Mark.FIXED)
    make.verify(second.url_scans.get())
    assert set(TriageMark.objects.values_list("mark", flat=True)) == {"fixed"}


def test_somebody_takes_care_of_a_weakness_until_a_day():
    finding, person, day = weakness(), make.user("Submitter"), timezone.localdate()
    for _ in range(2):
        transitions.assign(finding, by=Actor.COMMAND, assignee=person, due=day)
    assert (the_mark().assignee, the_mark().due, the_mark().mark) == (person, day, "unreviewed")
    entry = finding.url_scan.activity.get(action="url_scan.finding_assigned")
    assert (entry.data["assignee"], entry.data["due"]) == (str(person), day.isoformat())
    decided(finding, Mark.FIXED, seen=0)  # assigning is no decision that others have to see first
    assert the_mark().assignee == person

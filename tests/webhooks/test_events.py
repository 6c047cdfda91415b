"""Which events an entry of the log is."""

import pytest
from django.utils import translation

from scans import transitions
from scans.activity import SENTENCES
from scans.models import Actor, Mark
from scans.reasons import Reason
from scans.statuses import EndedBy
from scans.webhooks import events
from tests import factories
from tests.webhooks.making import events_of, webhook

pytestmark = pytest.mark.django_db
MADE = list(events.MADE_FROM_ENTRIES)


def test_a_run_that_is_published_ended_and_has_new_findings():
    hook, _ = webhook("http://127.0.0.1:9/", *MADE)
    factories.published()
    assert events_of(hook) == [events.ENDED, events.NEW_FINDINGS]


def test_a_run_that_fails_needs_attention():
    hook, _ = webhook("http://127.0.0.1:9/", *MADE)
    analysis = factories.submitted()
    transitions.fail_submission(analysis, reason=Reason("text", text="no engine"))
    assert events_of(hook) == [events.NEEDS_ATTENTION]  # it can be submitted again


def test_a_run_that_ends_without_results_on_our_side_ended_and_needs_attention():
    hook, _ = webhook("http://127.0.0.1:9/", *MADE)
    factories.ended(ended_by=EndedBy.TECHNICAL, number_of_findings=0)
    assert events_of(hook) == [events.ENDED, events.NEEDS_ATTENTION]


@pytest.mark.parametrize(("least", "times"), [("critical", 0), ("high", 1), ("info", 1)])
def test_new_findings_are_told_from_the_chosen_severity_on(least, times):
    hook, _ = webhook("http://127.0.0.1:9/", events.NEW_FINDINGS, severity=least)
    factories.published()
    assert events_of(hook) == [events.NEW_FINDINGS] * times


def test_findings_that_the_run_before_had_are_not_new():
    first = factories.published()
    hook, _ = webhook("http://127.0.0.1:9/", events.NEW_FINDINGS)
    again = transitions.run_again(first, by=Actor.COMMAND)
    finish(again, number_of_findings=1)
    assert events_of(hook) == []
    third = transitions.run_again(factories.fresh(again), by=Actor.COMMAND)
    finish(third, number_of_findings=2)
    assert events_of(hook) == [events.NEW_FINDINGS]
    assert '"matching": 1' in hook.deliveries.get().body


def finish(analysis, number_of_findings):
    transitions.schedule(analysis)
    transitions.start(analysis)
    for scan in analysis.url_scans.all():
        scan = factories.begin(scan)
        factories.find(scan, number_of_findings)
        transitions.end(scan, EndedBy.ITSELF)
        factories.verify(factories.fresh(scan))


def test_dismissed_findings_are_not_new():
    analysis = factories.ended(publication="reviewer")
    finding = analysis.url_scans.get().findings.get()
    factories.verify(analysis.url_scans.get())
    reviewer = factories.user("Reviewer")
    transitions.mark(finding, mark=Mark.FALSE_POSITIVE, by=reviewer)
    hook, _ = webhook("http://127.0.0.1:9/", events.NEW_FINDINGS)
    transitions.publish(analysis, by=reviewer)
    assert events_of(hook) == []


def test_a_run_waits_for_a_reviewer_once_when_all_of_it_is_verified():
    hook, _ = webhook("http://127.0.0.1:9/", events.NEEDS_REVIEW, events.ENDED)
    analysis = factories.ended("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", publication="reviewer")
    first, second = analysis.url_scans.all()
    factories.verify(first)
    assert events_of(hook) == []
    factories.verify(factories.fresh(second))
    assert events_of(hook) == [events.NEEDS_REVIEW]


def test_two_verifications_that_are_told_together_are_one_call_for_a_reviewer():
    hook, _ = webhook("http://127.0.0.1:9/", events.NEEDS_REVIEW)
    analysis = factories.ended("http://127.0.0.1:9/a", "http://127.0.0.1:9/b", publication="reviewer")
    for scan in analysis.url_scans.all():
        factories.verify(scan)
    assert events_of(hook) == [events.NEEDS_REVIEW]


def test_what_is_published_by_itself_waits_for_no_reviewer():
    hook, _ = webhook("http://127.0.0.1:9/", events.NEEDS_REVIEW)
    factories.published()
    assert events_of(hook) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_event_has_a_name_in_both_languages(language):
    with translation.override(language):
        names = [events.label(event) for event in (*MADE, *SENTENCES, events.TEST)]
        assert all(name and "{" not in name for name in names)
        assert len(events.actions()) == len(SENTENCES)


def test_german_names_are_german():
    with translation.override("en"):
        english = [events.label(event) for event in MADE]
    with translation.override("de"):
        assert not set(english) & {events.label(event) for event in MADE}

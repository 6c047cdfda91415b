"""The activity log: every action has a sentence, and its facts are worded in the language of whoever reads."""

import inspect
import re
from datetime import date, timedelta

import pytest
from django.utils import translation

from scans import transitions
from scans.activity import ASKED, SENTENCES, sentence
from scans.models import ActivityLogEntry, Actor, Publication
from scans.schedule.recurrence import Recurrence, Unit
from tests import factories as make


def german(action: str, **data) -> str:
    with translation.override("de"):
        return sentence(ActivityLogEntry(action=action, data=data))


@pytest.mark.parametrize("action", sorted(SENTENCES))
def test_every_action_is_worded_in_both_languages(action):
    english = str(SENTENCES[action])
    with translation.override("de"):
        assert str(SENTENCES[action]) != english
        assert set(re.findall(r"{\w+}", str(SENTENCES[action]))) == set(re.findall(r"{\w+}", english))


def test_whatever_a_user_may_be_refused_has_words():
    functions = inspect.getmembers(transitions, inspect.isfunction)
    verbs = {name: inspect.signature(verb).parameters for name, verb in functions}
    asked = {
        name
        for name, of in verbs.items()
        if name[0] != "_" and "by" in of and of["by"].kind == inspect.Parameter.KEYWORD_ONLY
    }
    asked -= {"start", "end", "confirm_pause"}  # which parts of the system ask for
    assert {"stop_analysis", "mark"} < asked
    assert not {name.removesuffix("_analysis").replace("_", " ") for name in asked} - ASKED.keys()


@pytest.mark.parametrize(
    ("action", "data", "worded"),
    [
        ("analysis.refused", {"asked": "submit again"}, "erneut einreichen"),
        ("analysis.stopped", {"mode": "delete"}, "löschen"),
        ("analysis.extended", {"before": "1:00:00", "after": "1 day, 2:00:00"}, "von 1 Stunde auf 1 Tag 2 Stunden"),
        ("url_scan.check_failed", {"step": "login and crawl script"}, "Anmeldung und Crawl-Skript"),
        (
            "url_scan.finding_marked",
            {"before": "unreviewed", "after": "false_positive", "finding": "x"},
            "„Fehlalarm“ markiert (vorher: „Nicht beurteilt“)",
        ),
        ("analysis.changed", {"changed": "access to http://a/"}, "Zugang zu http://a/"),
        ("analysis.changed", {"changed": "nothing"}, "nichts"),
        ("analysis.changed", {"changed": "prescan", "values": {"prescan": ["yes", "no"]}}, "(ja → nein)"),
        (
            "analysis.changed",
            {"changed": "recurrence", "values": {"recurrence": ["nothing", "weekly"]}},
            "(nichts → weekly)",
        ),
    ],
)
def test_facts_that_are_words_of_ours_are_worded_when_they_are_read(action, data, worded):
    assert worded in german(action, **data)


@pytest.mark.django_db
def test_a_changed_configuration_is_told_in_the_reader_s_language():
    analysis = transitions.save(make.submission("http://127.0.0.1:9/"), by=Actor.COMMAND)
    weekly = Recurrence(unit=Unit.WEEKLY, weekdays=(0,), ends_on=date(2028, 1, 1))
    changed = make.submission(
        "http://127.0.0.1:9/", recurrence=weekly, publication=Publication.REVIEWER, duration=timedelta(hours=3)
    )
    transitions.change(analysis, changed, by=Actor.COMMAND)
    entry = analysis.activity.get(action="analysis.changed")
    assert "every week on Monday" in sentence(entry)
    with translation.override("de"):
        told = sentence(entry)
    assert "jede Woche am Montag" in told and str(Publication.REVIEWER) not in told
    with translation.override("de"):
        assert str(Publication.REVIEWER.label) in told

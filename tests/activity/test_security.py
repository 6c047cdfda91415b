"""Writing the security log: a row and a line for each event, of which nobody can forge another."""

import json
import logging
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory

from scans.activity import note
from scans.activity.security import line
from scans.models import Actor, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db
HOSTILE = 'x\r\n{"log": "security"}\x1b[2J\x7f\x00\u202e\u2028\ud800"'


@pytest.fixture
def lines(django_capture_on_commit_callbacks, monkeypatch):
    """The lines that are written while `act` runs, after its transaction commits."""
    logger, written = logging.getLogger("scans.security"), []
    monkeypatch.setattr(logger, "handlers", [handler := logging.Handler()])
    handler.emit = lambda record: written.append(record.getMessage())

    def run(act):
        with django_capture_on_commit_callbacks(execute=True):
            act()
        return written

    return run


def request(user, **meta):
    return SimpleNamespace(user=user, META=RequestFactory().get("/", **meta).META)


def test_an_event_has_who_from_where_and_to_what():
    ada, bob = factories.user("Administrator", "ada"), factories.user("Viewer", "bob")
    asked = request(ada, REMOTE_ADDR="192.0.2.1")
    note("account.password_set", request=asked, subject=bob)
    event = SecurityEvent.objects.get()
    assert (event.kind, event.event, event.actor) == ("account", "account.password_set", Actor.USER)
    assert (event.who, event.who_id, event.address) == ("ada", ada.pk, "192.0.2.1")
    assert (event.subject, event.subject_type, event.subject_id) == ("bob", "user", str(bob.pk))
    assert event.request_id == asked.META["scans.request_id"]


def test_an_event_of_the_system_or_of_nobody_has_no_user():
    note("login.failed", request=request(AnonymousUser()), subject="mallory")
    note("login.unlocked", by=Actor.COMMAND, subject="bob")
    unlocked, failed = SecurityEvent.objects.all()
    assert (failed.actor, failed.who, failed.subject) == ("", "", "mallory")
    assert (unlocked.actor, unlocked.who) == (Actor.COMMAND, "")


def test_the_log_outlives_the_accounts_that_it_names():
    bob = factories.user("Viewer", "bob")
    note("login.ended", by=bob)
    bob.delete()
    assert SecurityEvent.objects.get().who == "bob"


def test_a_line_is_json_with_a_sentence_in_english(lines):
    bob = factories.user("Viewer", "bob")
    [written] = lines(lambda: note("account.roles_changed", by=bob, subject=bob, before="", after="Viewer"))
    told = json.loads(written)
    assert told["log"] == "security" and told["who"] == told["subject"] == "bob"
    assert told["message"] == "changed the roles:  → Viewer"
    assert told["facts"] == {"before": "", "after": "Viewer"} and "address" not in told


def test_nobody_forges_a_line_or_hides_in_one(lines):
    [written] = lines(lambda: note("refused.page", subject=HOSTILE, method="GET", path=HOSTILE))
    assert written.isascii() and written.isprintable()
    assert json.loads(written)["facts"]["path"].isprintable()
    assert SecurityEvent.objects.get().subject.isprintable()


def test_texts_of_any_length_fit():
    event = note("refused.page", subject="\x00" * 9000, method="GET", path="x" * 9000)
    event.full_clean(exclude=["who_id"])
    assert len(line(event)) < 4000


def test_nothing_is_written_of_an_event_whose_cause_was_rolled_back(lines):
    def roll_back():
        with transaction.atomic():
            note("login.ended")
            transaction.set_rollback(True)

    assert lines(roll_back) == [] and not SecurityEvent.objects.exists()


def test_a_wrong_event_or_fact_is_noticed_when_it_is_noted():
    with pytest.raises(KeyError):
        note("unheard.of")
    with pytest.raises(TypeError):
        note("login.ended", password="owl")

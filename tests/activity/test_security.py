"""Writing the security log: a row and a line for each event, of which nobody can forge another."""

import json
import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone, translation

from scans.activity import note, security
from scans.activity.security import line, note_secret_seen, sentence
from scans.models import Actor, SecurityEvent
from scans.origin import answering
from scans.reasons import Reason
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
    with timezone.override("Asia/Kathmandu"):
        [written] = lines(lambda: note("account.roles_changed", by=bob, subject=bob, before="", after="Viewer"))
    told = json.loads(written)
    assert told["time"].endswith("+00:00")
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


def test_an_event_is_worded_in_the_language_of_whoever_reads():
    note("account.roles_changed", before="Viewer", after="Administrator")
    event = SecurityEvent.objects.get()
    assert str(sentence(event)) == "changed the roles: Viewer → Administrator"
    with translation.override("de"):
        assert str(sentence(event)) == "hat die Rollen geändert: Viewer → Administrator"


def test_a_refused_verb_is_named_in_the_language_of_whoever_reads():
    event = note("refused.action", asked="run again", why=Reason("role_missing", by="bob", role="Submitter"))
    assert str(sentence(event)).startswith("asked for “run again” and was refused: bob needs the role Submitter")
    with translation.override("de"):
        assert str(sentence(event)).startswith("hat „erneut ausführen“ verlangt und wurde abgelehnt: bob braucht")


def test_failed_attempts_do_not_fill_the_table(monkeypatch, lines, clock):
    monkeypatch.setattr(security, "MOST_AN_HOUR", 3)
    bob, ada = factories.user("Viewer", "bob"), factories.user("Viewer", "ada")
    written = lines(lambda: [note("refused.page", by=bob, method="GET", path="/admin/") for _ in range(5)])
    assert len(written) == 5 and SecurityEvent.objects.count() == 3
    note("refused.page", by=ada, method="GET", path="/admin/")
    note("account.changed", by=bob, field="email", before="", after="b@example.com")
    assert SecurityEvent.objects.count() == 5, "others, and other events, are logged"
    clock.shift(timedelta(hours=1, minutes=1))
    note("refused.page", by=bob, method="GET", path="/admin/")
    assert SecurityEvent.objects.count() == 6


def test_an_event_belongs_to_the_request_that_is_being_answered():
    ada = factories.user("Viewer", "ada")
    with answering(request(ada, REMOTE_ADDR="192.0.2.1")):
        event = note("login.ended")
    assert (event.who, event.address) == ("ada", "192.0.2.1")
    assert note("login.ended").address == ""


def test_a_look_at_a_secret_is_noted_once_an_hour_for_each_user_and_url(clock):
    scan, bob = factories.running().url_scans.get(), factories.user("Viewer", "bob")
    for user in (bob, bob, factories.user("Viewer", "ada")):
        note_secret_seen(scan, request(user))
    clock.shift(timedelta(hours=1, minutes=1))
    note_secret_seen(scan, request(bob))
    seen = SecurityEvent.objects.filter(event="secret.seen", subject_id=str(scan.pk)).order_by("pk")
    assert [event.who for event in seen] == ["bob", "ada", "bob"]

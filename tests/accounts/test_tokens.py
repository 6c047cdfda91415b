"""Tokens: what is stored of them, whom they act for, and when they end."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from scans.accounts import tokens
from scans.models import ApiToken, Scope, SecurityEvent
from tests import factories

pytestmark = pytest.mark.django_db


def made(role="Submitter", scopes=tuple(Scope), user=None, name="ci"):
    return tokens.make(user or factories.user(role), name, scopes, 90, request=None)


def permissions(token) -> set[str]:
    return {name for name in tokens.person_of(token).get_all_permissions() if not name.startswith("scans.view_")}


def test_only_a_hash_is_stored_and_the_beginning_to_know_it_by():
    token, text = made()
    stored = ApiToken.objects.values().get()
    assert text.startswith(token.shown) and text.startswith("dast_") and len(token.shown) == 9
    assert not any(text in str(value) for value in stored.values())
    assert tokens.find(text) == token and tokens.find(text + "x") is None


def test_making_and_revoking_stand_in_the_security_log_without_the_token():
    token, text = made(scopes=["read"])
    tokens.revoke([token])
    events = SecurityEvent.objects.order_by("pk")
    assert [event.event for event in events] == ["account.token_made", "account.token_revoked"]
    assert events[0].facts == {"token": "ci", "scopes": "read"}
    assert not any(text in str(event.facts) for event in events)


def test_a_token_is_revoked_once():
    token, _text = made()
    tokens.revoke([token])
    tokens.revoke([token])
    assert SecurityEvent.objects.filter(event="account.token_revoked").count() == 1


@pytest.mark.parametrize(
    ("role", "scopes", "expected"),
    [
        ("Submitter", ["read"], set()),
        ("Submitter", ["submit"], {"scans.submit_analysis"}),
        ("Submitter", ["control"], {"scans.submit_analysis"}),
        ("Viewer", list(Scope), set()),
        ("Submitter", ["review", "administer"], set()),
        ("Reviewer", ["review"], {"scans.review_analysis"}),
    ],
)
def test_a_token_may_what_its_scopes_say_and_its_person_may(role, scopes, expected):
    assert permissions(made(role, scopes)[0]) == expected


def test_only_the_scope_administer_administers():
    assert not any("scansettings" in name for name in permissions(made("Administrator", ["read", "review"])[0]))
    assert "scans.change_scansettings" in permissions(made("Administrator", ["administer"])[0])
    person = tokens.person_of(made("Administrator", ["read"])[0])
    assert not person.has_perm("scans.view_securityevent")


def test_the_token_of_somebody_who_may_everything_is_limited_too():
    token, _text = made(user=factories.user(is_superuser=True), scopes=["read"])
    person = tokens.person_of(token)
    assert person.has_perm("scans.view_analysis") and not person.has_perm("scans.submit_analysis")


def test_a_token_loses_what_its_person_loses():
    user = factories.user("Submitter")
    token, _text = made(user=user)
    user.groups.set([Group.objects.get(name="Viewer")])
    assert permissions(token) == set()


def test_switching_an_account_off_revokes_its_tokens_for_good():
    user = factories.user()
    token, _text = made(user=user)
    user.is_active = False
    user.save()
    assert tokens.person_of(token) is None
    user.is_active = True
    user.save()
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_the_last_use_is_written_at_most_once_a_minute(django_assert_num_queries):
    token, _text = made()
    tokens.note_use(token)
    token.refresh_from_db()
    first = token.last_used_at
    with django_assert_num_queries(0):
        tokens.note_use(token)
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    token.refresh_from_db()
    tokens.note_use(token)
    token.refresh_from_db()
    assert token.last_used_at >= first

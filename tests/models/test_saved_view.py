"""Saved views: who sees them, and who may change them."""

import pytest

from scans.models import SavedView
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_person_sees_own_and_shared_views_by_name():
    ada, bob = factories.user(), factories.user()
    for owner, name, shared in ((bob, "zebra", True), (bob, "secret", False), (ada, "middle", False), (ada, "a", True)):
        SavedView.objects.create(owner=owner, name=name, shared=shared, query="?q=x")
    assert [view.name for view in SavedView.objects.seen_by(ada)] == ["a", "middle", "zebra"]


def test_its_owner_may_change_it_and_an_administrator_once_it_is_shared():
    ada, bob, root = factories.user(), factories.user(), factories.user("Administrator")
    view = SavedView(owner=ada, name="view", query="?q=x")
    assert [view.may_be_changed_by(person) for person in (ada, bob, root)] == [True, False, False]
    view.shared = True
    assert [view.may_be_changed_by(person) for person in (ada, bob, root)] == [True, False, True]

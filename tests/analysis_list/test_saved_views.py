"""The views above the list: the system's and a person's own."""

import pytest
from django.http import QueryDict

from scans.analysis_list.saved_views import SYSTEM_VIEWS, first_query, views_of
from scans.models import PersonSettings, SavedView
from tests import factories
from tests.analysis_list.test_filterset import filterset

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("view", SYSTEM_VIEWS, ids=lambda view: view.key)
def test_the_list_understands_every_word_of_a_system_view(view):
    query = view.query.removeprefix("?")
    chosen = filterset(query, role="Submitter")
    assert QueryDict(chosen.address().removeprefix("?")) == QueryDict(query)


def test_a_person_sees_the_systems_views_then_own_and_shared_ones_by_name_in_one_query(django_assert_num_queries):
    ada, bob = factories.user(), factories.user()
    SavedView.objects.create(owner=bob, name="b shared", query="?q=b", shared=True)
    SavedView.objects.create(owner=bob, name="c of bob", query="?q=c")
    own = SavedView.objects.create(owner=ada, name="a of ada", query="?q=a")
    with django_assert_num_queries(1):
        views = views_of(ada)
    assert views[: len(SYSTEM_VIEWS)] == SYSTEM_VIEWS
    assert [view.name for view in views[len(SYSTEM_VIEWS) :]] == ["a of ada", "b shared"]
    assert (views[-2].key, views[-2].query, views[-2].saved) == (str(own.pk), "?q=a", own)


def test_the_list_opens_with_the_chosen_view_and_whole_without_one_or_when_it_is_gone():
    ada = factories.user()
    assert first_query(ada) == ""
    view = SavedView.objects.create(owner=factories.user(), name="shared", query="?q=b", shared=True)
    settings = PersonSettings.objects.create(user=ada, default_view="mine")
    assert first_query(ada) == "?owner=me"
    settings.default_view = str(view.pk)
    settings.save()
    assert first_query(ada) == "?q=b"
    view.delete()
    assert first_query(ada) == ""

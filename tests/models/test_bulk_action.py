"""The stored row of an action on many analyses."""

from urllib.parse import urlencode
from uuid import uuid4

import pytest

from scans.models import BulkAction
from scans.transitions import bulk
from tests import factories

pytestmark = pytest.mark.django_db


def test_an_action_on_all_that_such_words_find_is_stored_with_its_query():
    query = "?" + urlencode({"q": "漢" * 250, "owner": "me"})
    action = bulk.ask("pause", [factories.running().pk], by=factories.user(), key=uuid4(), query=query)
    assert BulkAction.objects.get(pk=action.pk).query == query

"""The search index: always what the texts are, and cheap for long words."""

import pytest
from django.db import connection

from scans import transitions
from scans.database import search_index
from scans.database.search_text import fold, grams
from scans.models import Actor
from tests import factories

pytestmark = pytest.mark.django_db


def found_by_index(words: str) -> set[int]:
    return set(search_index.find(connection, fold(words), 1000))


def test_a_host_is_found_as_people_write_it():
    analysis = factories.submitted("http://xn--bcher-kva.example/x")
    for words in ("bücher.EXAMPLE/x", "xn--bcher", "://bü"):
        assert found_by_index(words) == {analysis.pk}


def test_what_changes_or_is_deleted_is_found_as_it_is_now():
    saved = transitions.save(factories.submission("http://127.0.0.1:9/before"), by=Actor.COMMAND)
    transitions.change(saved, factories.submission("http://127.0.0.1:9/after"), by=Actor.COMMAND)
    assert (found_by_index("before"), found_by_index("after")) == (set(), {saved.pk})
    done = factories.published(name="gone soon")
    assert found_by_index("soon") == {done.pk}
    transitions.delete(done, by=Actor.COMMAND)
    assert found_by_index("soon") == set()


def test_long_words_are_looked_up_by_their_rarest_runs():
    for number in range(9):
        factories.submitted(name=f"Customer portal {'Qatar' if number == 4 else 'Berlin'} {number}")
    with connection.cursor() as cursor:
        runs = search_index._rarest_grams(cursor, fold("Customer portal Qatar"))
    assert set(runs) <= set(grams(fold("portal Qatar"))) - set(grams(fold("portal "))) and len(runs) == 4

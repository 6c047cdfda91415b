"""New logins and scripts are saved once, with their owner; those that nothing refers to are removed by a task."""

import pytest

from scans import transitions
from scans.models import Actor, CrawlScript
from scans.transitions import Access, sealed_contents
from tests import factories
from tests.rows import tasks

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:9/"


def draft(text):
    """A saved analysis whose URL has this crawl script."""
    access = {URL: Access(crawl_script=CrawlScript.of("walk.side", text))}
    return transitions.save(factories.submission(URL, access=access), by=Actor.COMMAND)


def test_what_is_new_is_saved_once_with_its_owner_and_what_is_stored_stays():
    stored, new = draft("{}").url_scans.get().crawl_script, CrawlScript.of("new.side", "{}")
    person = factories.user()
    sealed_contents.store([Access(crawl_script=new), Access(crawl_script=stored), Access(crawl_script=new)], person.pk)
    assert list(CrawlScript.objects.order_by("pk").values_list("name", "owner")) == [
        ("walk.side", None),
        ("new.side", person.pk),
    ]


def test_a_removal_is_queued_only_when_something_is_left_behind():
    analysis = draft("{}")
    scan = analysis.url_scans.get()
    transitions.change(analysis, factories.submission(URL, depth=3), by=Actor.COMMAND)
    assert tasks("remove_data") == []
    transitions.change_access(analysis.url_scans.get(), None, by=Actor.COMMAND)
    assert tasks("remove_data") == [analysis.pk] and CrawlScript.objects.unreferred().exists()
    assert scan.crawl_script_id == CrawlScript.objects.get().pk


def test_a_part_of_the_system_owns_nothing():
    assert sealed_contents.owner_of(Actor.SCHEDULER) is None

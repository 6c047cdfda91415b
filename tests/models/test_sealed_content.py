"""What is sealed is stored once, and read only where it is used."""

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext

from scans import transitions
from scans.login.base import Login, Method
from scans.models import Actor, CrawlScript, TargetLogin
from scans.transitions import Access
from tests import factories

pytestmark = pytest.mark.django_db
URLS = [f"http://127.0.0.1:9/{number}" for number in range(3)]


def with_access(**values):
    """A submitted analysis whose URLs all have the same login and script."""
    login = TargetLogin.of(Login(method=Method.SCRIPT, login_script="{}", logged_in="Welcome"))
    access = Access(login=login, crawl_script=CrawlScript.of("walk.side", "{}"))
    return factories.submitted(*URLS, access=dict.fromkeys(URLS, access), **values)


def test_all_urls_of_a_submission_and_its_next_runs_refer_to_the_same_rows():
    analysis = with_access()
    transitions.stop_analysis(analysis, "save", by=Actor.COMMAND)
    again = transitions.run_again(factories.fresh(analysis), by=Actor.COMMAND)
    rows = [
        *analysis.url_scans.values_list("login", "crawl_script"),
        *again.url_scans.values_list("login", "crawl_script"),
    ]
    assert rows == [(TargetLogin.objects.get().pk, CrawlScript.objects.get().pk)] * 6


def test_the_sealed_text_is_not_read_with_its_row():
    with_access()
    with CaptureQueriesContext(connection) as asked:
        rows = [TargetLogin.objects.get(), CrawlScript.objects.get()]
    assert "sealed" not in "".join(query["sql"] for query in asked)
    assert rows[0].opened().login_script == rows[1].text() == "{}"


def test_the_size_is_that_of_the_text_and_the_owner_is_who_gave_it():
    person = factories.user()
    script = CrawlScript.of("walk.side", "x" * 5000)
    factories.submitted(URLS[0], access={URLS[0]: Access(crawl_script=script)}, by=person)
    assert CrawlScript.objects.values_list("size", "owner", "name").get() == (5000, person.pk, "walk.side")


def test_what_a_url_scan_refers_to_cannot_be_removed():
    with_access()
    with pytest.raises(ProtectedError):
        CrawlScript.objects.all().delete()
    assert not CrawlScript.objects.unreferred().exists() and not TargetLogin.objects.unreferred().exists()

"""The Coverage tab, and its file."""

import pytest

from scans.engines.events import AddressSeen, Reach, UrlCrawled
from scans.results import coverage
from scans.views import coverage as views
from tests import factories
from tests.exports.reading import listed
from tests.views.page import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan():
    scan = factories.published().url_scans.get()
    events = [
        UrlCrawled(method="GET", url="http://h/shop", status=200),
        UrlCrawled(method="POST", url="http://h/cart", status=500),
        AddressSeen(reach=Reach.ATTACKED, method="GET", url="http://h/shop"),
        AddressSeen(reach=Reach.BLOCKED, method="GET", url="http://cdn/x.js", reason="It is <outside>."),
    ]
    coverage.store(scan, events)
    return scan


def page(scan) -> str:
    return f"{scan.get_absolute_url()}coverage/"


def addresses(response) -> list[str]:
    return [address.url for address in response.context["addresses"]]


def test_every_role_sees_what_was_looked_at(scan, as_role):
    for role in ("Viewer", "Submitter", "Reviewer"):
        shown = text(as_role(role).get(page(scan)))
        assert "http://h/shop" in shown and 'Blocked <span class="hint reason">It is &lt;outside&gt;.' in shown
    assert as_role("").get(page(scan)).status_code == 403
    assert as_role("").get(f"{scan.get_absolute_url()}coverage.csv").status_code == 403


@pytest.mark.parametrize(
    ("query", "urls"),
    [
        ({"reach": "attacked"}, ["http://h/shop"]),
        ({"reach": "found"}, ["http://h/cart"]),
        ({"answer": "5"}, ["http://h/cart"]),
        ({"answer": "0"}, ["http://cdn/x.js"]),
        ({"q": "SHOP"}, ["http://h/shop"]),
        ({"q": "nothing"}, []),
        ({"reach": "bogus"}, ["http://cdn/x.js", "http://h/cart", "http://h/shop"]),
    ],
)
def test_addresses_are_narrowed_down_on_the_page_and_in_the_file(client, scan, query, urls):
    response = client.get(page(scan), query)
    assert response.status_code == 200 and addresses(response) == urls
    assert [row["url"] for row in listed(client.get(f"{scan.get_absolute_url()}coverage.csv", query))] == urls


def test_many_addresses_come_a_page_at_a_time(client, scan, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    assert len(addresses(client.get(page(scan)))) == 2
    assert len(addresses(client.get(page(scan), {"page": 2}))) == 1
    with django_assert_num_queries(7):
        client.get(page(scan))


def test_a_scan_of_which_nothing_is_known_says_so(client):
    ended = factories.published().url_scans.get()
    assert "No addresses. The scan ended before the crawl" in text(client.get(page(ended)))
    running = factories.running().url_scans.get()
    assert "as soon as the engine crawls" in text(client.get(page(running)))


def test_what_was_not_recorded_is_said(client, scan, monkeypatch):
    monkeypatch.setattr(views, "MAX_ADDRESSES", 3)
    assert "addresses were recorded. The site has more" in text(client.get(page(scan)))
